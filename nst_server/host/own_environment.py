"""Variables for programs of ours that another program starts, which has set its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OF_OTHERS = re.compile(
    r"PYTHON.*"  # of GIMP's Python
    r"|LD_.*|DYLD_.*"  # libraries of an AppImage or a Snap, with which our Python does not start
    r"|GI_TYPELIB_PATH|GIO_.*|GTK.*|GDK_.*|GSETTINGS_.*|GST_.*|QT_.*|FONTCONFIG_.*"
    r"|GEGL_.*|BABL_.*|GIMP.*"
    r"|SNAP.*|APPDIR|APPIMAGE|ARGV0|OWD"
    # How TensorFlow works: of one shell, but the server is everybody's.
    r"|CUDA_.*|NVIDIA_.*|HIP_.*|ROCR_.*|TF_.*|XLA_.*|KERAS_.*|DNNL_.*|ONEDNN_.*"
    r"|OMP_.*|GOMP_.*|KMP_.*|MKL_.*|OPENBLAS_.*|BLIS_.*|VECLIB_.*|NUMEXPR_.*"
    r"|MALLOC_.*|GLIBC_TUNABLES",
    re.IGNORECASE,
)
"""Names that are dropped; proxies, certificates, locale and paths stay.

LD_LIBRARY_PATH too, although some set it for CUDA: TensorFlow's packages bring their own libraries.
"""


def own_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """``inherited`` without what belongs to the program that starts us."""
    return {name: value for name, value in inherited.items() if not _OF_OTHERS.fullmatch(name)}
