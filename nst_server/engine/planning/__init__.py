"""Decisions made before painting: sizes, iterations, weights of terms, device and time left."""
