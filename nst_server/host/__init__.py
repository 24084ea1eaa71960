"""Facts about this machine: file locations, memory, processor, GPU driver, GIMP installations."""
