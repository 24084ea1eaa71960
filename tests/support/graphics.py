"""Machines with GPUs, for tests: an ``nvidia-smi`` that lists them, which is all that we ask it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nst_server.host import nvidia

TWO = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d3c1b6f-6a4e-1a7b-9f0e-2f6f5c0d8a11)
GPU 1: NVIDIA GeForce RTX 3060 (UUID: GPU-9e8d7c6b-0a1b-4c2d-8e3f-1122334455aa)
"""
"""As ``nvidia-smi -L`` lists two GPUs."""

UUIDS = ["GPU-5d3c1b6f-6a4e-1a7b-9f0e-2f6f5c0d8a11", "GPU-9e8d7c6b-0a1b-4c2d-8e3f-1122334455aa"]

only_where_lists_count = pytest.mark.skipif(
    any(nvidia._CARDS.glob("*")), reason="this machine has GPUs of its own, which are found"
)


def list_gpus(folder: Path, listing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an ``nvidia-smi`` on the path that says so, for this process and what it starts."""
    program = folder / "nvidia-smi"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{listing}END\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv(nvidia.VISIBLE, raising=False)
