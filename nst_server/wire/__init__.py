"""Transport of a job: messages, chunks of pixels, shared files, the connection file, events."""
