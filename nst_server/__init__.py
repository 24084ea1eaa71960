"""Neural Style for GIMP: settings, protocol, client, engine and service of neural style transfer."""

__version__ = "0.1.0"
