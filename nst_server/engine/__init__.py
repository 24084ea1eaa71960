"""Style transfer by optimization over a pretrained network; the only place that imports TensorFlow.

Tensors and arrays only: no sockets, no printing, and no files but the network's weights.
"""
