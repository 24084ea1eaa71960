"""Facts of this machine: where files lie, its memory, processors, GPU driver and GIMPs."""
