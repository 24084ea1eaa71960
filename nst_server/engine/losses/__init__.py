"""The losses of a painting: content, style statistics and total variation."""
