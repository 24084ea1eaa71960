"""NVIDIA's driver and its GPUs, without a framework."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The variable that says which GPUs a process may use: numbers or UUIDs, separated by commas."""

_CARDS = Path("/proc/driver/nvidia/gpus")
_LINE = re.compile(r"(GPU|\s+MIG)\s*(\S+?):?\s+(.*?)\s*\(UUID: ([^)]+)\)")
"""A line of ``nvidia-smi -L``: a GPU, or, indented below it, an instance that it is divided in."""


@dataclass(frozen=True)
class Gpu:
    """A GPU, or an instance of one that is divided, that one process paints on."""

    name: str
    """For people."""
    visible: str
    """The value of `VISIBLE` that selects it; empty for the only one."""


def usable_gpus(environment: Mapping[str, str]) -> list[Gpu]:
    """Return the GPUs that a program started with ``environment`` may use, as CUDA does.

    Those are what `VISIBLE` names, up to the first that does not exist. Without it they are all,
    and CUDA numbers the fastest first.
    """
    listed = _listed()
    chosen = environment.get(VISIBLE)
    if chosen is None:
        if len(listed) == 1:
            return [Gpu(listed[0].name, "")]
        is_divided = any(gpu.visible.startswith("MIG-") for gpu in listed)
        chosen = ",".join(
            gpu.visible if is_divided else str(number) for number, gpu in enumerate(listed)
        )
    result: list[Gpu] = []
    for word in chosen.split(","):
        gpu = _named(word.strip(), listed)
        if gpu is None:
            break
        result.append(gpu)
    return list(dict.fromkeys(result))


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
    return Path("/proc/driver/nvidia/version").exists() or "GPU" in _listing()


def _named(word: str, listed: list[Gpu]) -> Gpu | None:
    """Return the GPU that ``word`` names. Which one a number means, only CUDA knows."""
    if word.isdigit() and int(word) < len(listed):
        models = {gpu.name for gpu in listed}
        return Gpu(f"{models.pop()} (GPU {word})" if len(models) == 1 else f"GPU {word}", word)
    if word.startswith(("GPU-", "MIG-")):
        for gpu in listed:
            if gpu.visible.startswith(word) or not gpu.visible:
                return Gpu(gpu.name, word)
    return None


def _listed() -> list[Gpu]:
    """Return all GPUs by their UUIDs, or without where those are unknown.

    The program that knows them takes seconds, so it is not asked about a single GPU.
    """
    if not sys.platform.startswith("linux"):
        return []
    models = [_model(card) for card in sorted(_CARDS.glob("*/information"))]
    if len(models) == 1:
        return [Gpu(models[0], "")]
    gpus: list[Gpu] = []
    for kind, number, name, uuid in _LINE.findall(_listing()):
        if kind == "GPU":
            whole = Gpu(name, uuid)
            gpus.append(whole)
        else:
            if whole in gpus:
                gpus.remove(whole)  # CUDA has its instances in its place
            gpus.append(Gpu(f"{whole.name}, MIG {number}", uuid))
    return gpus or [Gpu(model, "") for model in models]


def _model(information: Path) -> str:
    try:
        found = re.search(r"^Model:\s*(.+?)\s*$", information.read_text("utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        found = None
    return found[1] if found else "NVIDIA GPU"


def _listing() -> str:
    """Return what ``nvidia-smi -L`` says; empty if there is none or it fails."""
    try:
        answer = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else ""
