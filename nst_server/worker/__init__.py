"""The worker process: turns one job at a time into events by running the engine."""
