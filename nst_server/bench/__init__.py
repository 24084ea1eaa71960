"""Judging results, and showing them side by side."""
