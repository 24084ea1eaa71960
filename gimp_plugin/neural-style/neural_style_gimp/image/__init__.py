"""GIMP's images, layers and pixel buffers; the only package that touches GIMP's drawables."""
