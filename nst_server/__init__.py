"""Neural Style for GIMP: client, server and engine of neural style transfer."""

__version__ = "0.2.0"
