"""Pictures as tensors: content, masks, margins, strips, color and resampling."""
