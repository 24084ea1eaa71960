"""Putting a finished painting into GIMP's image."""
