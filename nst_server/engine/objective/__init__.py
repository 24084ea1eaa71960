"""The loss of a whole or tiled picture, its gradient, and the fallback when memory runs out."""
