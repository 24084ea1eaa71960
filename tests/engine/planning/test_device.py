"""What a device is told to do by what it is."""

from __future__ import annotations

import pytest

from nst_server.engine.planning import device
from nst_server.engine.planning.device import Device

PROCESSOR = Device("CPU", is_gpu=False, has_bfloat16=False, memory=None)
GPU = Device("NVIDIA", is_gpu=True, has_bfloat16=False, memory=6 * 2**30)


@pytest.mark.parametrize("features", [set(), {"avx512f"}])
def test_only_idle_memory_makes_float32_dearer(
    features: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "flags", lambda: features)
    assert GPU.pixel_bytes("bfloat16") == PROCESSOR.pixel_bytes("bfloat16")
    assert (PROCESSOR.pixel_bytes("float32") > GPU.pixel_bytes("float32")) is not bool(features)


def test_bfloat16_is_taken_where_the_hardware_has_it() -> None:
    assert PROCESSOR.precision("auto") == "float32"
    assert PROCESSOR.precision("bfloat16") == "bfloat16"
    assert Device("NVIDIA", True, True, None).precision("auto") == "bfloat16"
