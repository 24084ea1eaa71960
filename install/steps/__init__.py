"""What install.py does, one module for each part; only the standard library."""
