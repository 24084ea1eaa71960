"""Framework-free check for an NVIDIA driver."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path


def nvidia_driver_answers() -> bool:
    """True if an NVIDIA driver answers and, where CUDA can count devices, has at least one.

    False outside Linux, where TensorFlow could not use it.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        count = ctypes.c_int()
        driver = ctypes.CDLL("libcuda.so.1")
        if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0:
            return count.value > 0
    except (OSError, AttributeError):
        pass
    if Path("/proc/driver/nvidia/version").exists():
        return True
    try:
        answer = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"GPU" in answer.stdout
