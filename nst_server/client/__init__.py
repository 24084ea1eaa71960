"""Talking to the server: find or start it, submit a job, listen, cancel."""
