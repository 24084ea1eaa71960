"""Picture files in: one way in, whatever the format."""
