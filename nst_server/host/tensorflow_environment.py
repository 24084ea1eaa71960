"""Environment variables for TensorFlow in workers, ``--local``, benchmarks and tests."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping

from nst_server.host.cpu import flags, suits_one_dnn
from nst_server.host.home import default_home

_OF_OTHER_WORK = {"XLA_FLAGS", "TF_XLA_FLAGS", "KERAS_BACKEND", "KERAS_HOME"}
"""Settings that people make for other programs, and that end ours or change what they do."""


def worker_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return ``inherited`` plus defaults for the settings that TensorFlow reads at import.

    Keras keeps its own settings below `NST_HOME`; those in the user's ~/.keras do not count.
    """
    inherited = {name: inherited[name] for name in inherited if name not in _OF_OTHER_WORK}
    return {
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(default_home() / "keras"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONIOENCODING": "utf-8",
        # Other programs, such as GIMP's own filters, need GPU memory too.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        # Trying every convolution algorithm for every layer and size costs memory and more time
        # than it saves in the few dozen iterations of a scale.
        "TF_CUDNN_USE_AUTOTUNE": "0",
        **kernels(platform.machine(), flags()),
        **inherited,
    }


def kernels(machine: str, features: Collection[str]) -> dict[str, str]:
    """Return the settings that select oneDNN's or Eigen's kernels; ARM keeps its own default.

    oneDNN needs AVX-512: without it, it has no fast kernels for our pixel layout, and from one or
    two megapixels on it falls back on plain loops, which take forever. On such processors Eigen's
    kernels are faster if TensorFlow's own allocator (BFC) keeps memory for the next tensor, as
    oneDNN's does; otherwise every large feature map is mapped anew, page by page.
    """
    if machine.lower() not in {"x86_64", "amd64"}:
        return {}
    one_dnn = str(int(suits_one_dnn(features)))
    return {"TF_ENABLE_ONEDNN_OPTS": one_dnn, "TF_CPU_ALLOCATOR_USE_BFC": "1"}
