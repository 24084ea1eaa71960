"""GIMP 3 itself, headless and with a window."""
