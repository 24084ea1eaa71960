"""Tests; run them with ``python3 install/test.py``."""
