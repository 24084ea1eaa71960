"""The server process: queues jobs, relays their messages, and owns the worker process."""
