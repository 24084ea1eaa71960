"""Neural Style for GIMP: client, server and engine of neural style transfer."""

__version__ = "0.1.0"
