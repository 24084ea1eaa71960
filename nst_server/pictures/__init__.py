"""Picture files: reading, writing, color profiles, metadata, sheets and sample styles."""
