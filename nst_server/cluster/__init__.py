"""Painting on the workers of a Dask cluster, one picture a task."""
