"""The settings dialog with its live draft."""
