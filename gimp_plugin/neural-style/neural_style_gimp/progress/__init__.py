"""Sending a job to the server, and showing its progress."""
