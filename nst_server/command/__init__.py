"""The ``nst`` command."""
