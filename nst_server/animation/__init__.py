"""Animations: what moves from one frame to the next, and frames painted so that strokes stay."""
