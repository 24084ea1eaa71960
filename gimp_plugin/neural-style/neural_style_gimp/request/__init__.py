"""The user's request: procedure arguments, styles, and the memory of earlier requests."""
