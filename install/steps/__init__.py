"""The steps of install.py, one module for each part; they need only the standard library."""
