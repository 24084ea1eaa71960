"""How TensorFlow is set up wherever it works: workers, ``--local``, benchmarks and tests."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping

from nst_server.host.cpu import flags, suits_one_dnn


def worker_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """``inherited`` with TensorFlow's settings, which it reads when it is imported."""
    return {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONIOENCODING": "utf-8",
        # Other programs, GIMP's own filters among them, need GPU memory too.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        # To try every way to convolve on a GPU, for every layer and size, takes longer than is won
        # in the few dozen iterations of a scale, and more memory.
        "TF_CUDNN_USE_AUTOTUNE": "0",
        **kernels(platform.machine(), flags()),
        **inherited,
    }


def kernels(machine: str, features: Collection[str]) -> dict[str, str]:
    """Whether TensorFlow computes with oneDNN's kernels or with Eigen's; ARM has its own default.

    oneDNN is for processors with AVX-512. Without, it has no fast kernels for our layout of
    pixels, and from a megapixel or two on it falls back on plain loops, which take for ever. There
    Eigen's are faster, if TensorFlow's own allocator (BFC) keeps memory for the next tensor, as
    oneDNN's does: else every large feature map is mapped anew, page by page.
    """
    if machine.lower() not in {"x86_64", "amd64"}:
        return {}
    one_dnn = str(int(suits_one_dnn(features)))
    return {"TF_ENABLE_ONEDNN_OPTS": one_dnn, "TF_CPU_ALLOCATOR_USE_BFC": "1"}
