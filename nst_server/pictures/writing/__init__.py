"""Paintings out: into a format, to a place, with what is said beside them."""
