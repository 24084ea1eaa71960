"""Client side of the server: find or start it, submit a job, listen, cancel."""
