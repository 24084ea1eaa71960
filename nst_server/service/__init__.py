"""The server: a broker that is always responsive, and worker processes that paint."""
