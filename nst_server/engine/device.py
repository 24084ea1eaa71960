"""Which processor does the work, and which number format suits it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf
from tensorflow.python.client import device_lib

from nst_server.memory import available_memory


@dataclass(frozen=True)
class Device:
    """The processor that TensorFlow really uses."""

    name: str
    """For people: a GPU's model, or ``CPU``."""
    is_gpu: bool
    has_bfloat16: bool
    """Whether the hardware multiplies bfloat16, so that it is faster than float32."""
    memory: int | None
    """Bytes that TensorFlow may use of a GPU; None for a CPU, whose free memory changes."""

    @classmethod
    def detect(cls) -> Device:
        """The first GPU that TensorFlow sees, else the CPU."""
        gpus = tf.config.list_physical_devices("GPU")
        if not gpus:
            return cls("CPU", False, _cpu_has_bfloat16(), None)
        for gpu in gpus:
            # Other programs, GIMP's own filters among them, need GPU memory too.
            tf.config.experimental.set_memory_growth(gpu, True)
        details = tf.config.experimental.get_device_details(gpus[0])
        capability = details.get("compute_capability", (0, 0))
        name = str(details.get("device_name", "GPU"))
        limits = [d.memory_limit for d in device_lib.list_local_devices() if d.device_type == "GPU"]
        return cls(name, True, capability >= (8, 0), limits[0] if limits else None)

    def free_memory(self) -> int | None:
        """Bytes that a picture may still take, None where the system does not tell."""
        if self.memory is None:
            return available_memory()
        return self.memory - int(tf.config.experimental.get_memory_info("GPU:0")["current"])

    def precision(self, wanted: str) -> str:
        """``float32`` or ``bfloat16``; ``auto`` takes bfloat16 where the hardware has it."""
        if wanted != "auto":
            return wanted
        return "bfloat16" if self.has_bfloat16 else "float32"


def _cpu_has_bfloat16() -> bool:
    """AMX or AVX512-BF16, by the kernel's list of processor flags (Linux); elsewhere no."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return False
    return bool({"amx_bf16", "avx512_bf16"} & set(flags))
