"""The loss of a whole or tiled picture, its gradient, and what to do when memory runs out."""
