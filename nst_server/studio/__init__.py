"""Painting from Python: sessions that stay for many pictures, in whatever form these come."""
