"""How a job travels: messages, chunks of pixels, shared files, the connection file, events."""
