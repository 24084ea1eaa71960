"""The processor that does the work, and the number format that suits it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import tensorflow as tf
from tensorflow.python.client import device_lib

from nst_server.engine.planning.pace import MOST_ON_GPU, Pace
from nst_server.host.cpu import flags, suits_one_dnn
from nst_server.host.memory import available_memory
from nst_server.host.nvidia import usable_gpus


@dataclass(frozen=True)
class Device:
    """The processor that TensorFlow really uses."""

    name: str
    """For people: a GPU's model, or ``CPU``, and then which GPU should have been used."""
    is_gpu: bool
    has_bfloat16: bool
    """True if the hardware multiplies bfloat16, so that it is faster than float32. For CPUs this is
    known only on Linux."""
    memory: int | None
    """Bytes that TensorFlow may use of a GPU; None for a CPU, whose free memory changes."""
    missed: str = ""
    """For people: GPUs that should be used and that TensorFlow does not see."""

    @classmethod
    def detect(cls) -> Device:
        """The first GPU that TensorFlow sees, else the CPU."""
        gpus = tf.config.list_physical_devices("GPU")
        if not gpus:
            has_bfloat16 = bool({"amx_bf16", "avx512_bf16"} & flags())
            missed = ", ".join(gpu.name for gpu in usable_gpus(os.environ))
            name = f"CPU ({missed} cannot be used)" if missed else "CPU"
            return cls(name, False, has_bfloat16, None, missed)
        # Networks run in bfloat16 anyway; moments, their roots and L-BFGS need all float32 bits.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        details = tf.config.experimental.get_device_details(gpus[0])
        capability = details.get("compute_capability", (0, 0))
        name = str(details.get("device_name", "GPU"))
        limits = [
            device.memory_limit
            for device in device_lib.list_local_devices()
            if device.device_type == "GPU"
        ]
        return cls(name, True, capability >= (8, 0), limits[0] if limits else None)

    def pace(self) -> Pace:
        """Return the pace of a painting."""
        return Pace(MOST_ON_GPU if self.is_gpu else 1)

    def free_memory(self) -> int | None:
        """Return the free memory in bytes; None where the system does not report it."""
        if self.memory is None:
            available = available_memory()
            return None if available is None else available + self.held_memory()
        return self.memory - int(tf.config.experimental.get_memory_info("GPU:0")["current"])

    def held_memory(self) -> int:
        """Return the bytes that the CPU's allocator holds in reserve for later tensors."""
        try:
            used = tf.config.experimental.get_memory_info("CPU:0")
        except ValueError:  # the system's own allocator, which holds nothing in reserve
            return 0
        return int(used["peak"] - used["current"])

    def pixel_bytes(self, precision: str) -> int:
        """Return the peak memory of a step of VGG16 in bytes per pixel, as measured.

        It covers feature maps, their gradients and more, and is about the same on a GPU. On CPUs
        without AVX-512 much memory lies idle between tensors (`worker_environment`); on CPUs of
        unknown features it may, too.
        """
        if precision == "bfloat16":
            return 1000
        return 2400 if self.is_gpu or suits_one_dnn(flags()) else 5800

    def precision(self, wanted: str) -> str:
        """Return ``float32`` or ``bfloat16``; ``auto`` is bfloat16 where the hardware has it."""
        if wanted != "auto":
            return wanted
        return "bfloat16" if self.has_bfloat16 else "float32"
