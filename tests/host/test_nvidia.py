"""Which GPUs there are, and which of them a program may use."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nst_server.host import nvidia
from nst_server.host.nvidia import VISIBLE, Gpu, usable_gpus
from tests.support.graphics import TWO, UUIDS, list_gpus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere TensorFlow uses none")

DIVIDED = """\
GPU 0: NVIDIA H200 (UUID: GPU-b08c0edd-7512-3da0-6c91-30b1b6b6e3f5)
  MIG 1g.18gb     Device  0: (UUID: MIG-41b3359c-e721-56e5-8009-12e5797ed514)
  MIG 3g.71gb     Device  1: (UUID: MIG-65b79fff-6d3c-5490-a288-b31ec705f310)
GPU 1: NVIDIA H200 (UUID: GPU-c19d0edd-7512-3da0-6c91-30b1b6b6e3f5)
"""


@pytest.fixture(autouse=True)
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The driver's folder, empty as where there is none."""
    folder = tmp_path / "gpus"
    monkeypatch.setattr(nvidia, "_CARDS", folder)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    return folder


def add_card(cards: Path, bus: str, model: str) -> None:
    (cards / bus).mkdir(parents=True)
    told = f"Model: \t\t {model}\nIRQ:   \t\t 94\nGPU UUID: \t GPU-????????-????-????\n"
    (cards / bus / "information").write_text(told, encoding="utf-8")


def test_there_may_be_none() -> None:
    assert usable_gpus({}) == usable_gpus({VISIBLE: "0,1"}) == []


def test_the_only_one_needs_no_program_and_no_choice(cards: Path) -> None:
    add_card(cards, "0000:01:00.0", "NVIDIA GeForce RTX 3060")
    assert usable_gpus({}) == [Gpu("NVIDIA GeForce RTX 3060", "")]
    assert usable_gpus({VISIBLE: "0"}) == [Gpu("NVIDIA GeForce RTX 3060 (GPU 0)", "0")]
    assert usable_gpus({VISIBLE: "GPU-9e8d"}) == [Gpu("NVIDIA GeForce RTX 3060", "GPU-9e8d")]
    for nothing in ("", "-1", "1"):
        assert usable_gpus({VISIBLE: nothing}) == []


def test_several_are_those_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    list_gpus(tmp_path / "bin", TWO, monkeypatch)
    # Of a number only CUDA knows which it is, and 0 is the fastest.
    assert usable_gpus({}) == [Gpu("GPU 0", "0"), Gpu("GPU 1", "1")]
    chosen = UUIDS[1][:12]
    assert usable_gpus({VISIBLE: chosen}) == [Gpu("NVIDIA GeForce RTX 3060", chosen)]
    assert [gpu.visible for gpu in usable_gpus({VISIBLE: "1, 0"})] == ["1", "0"]
    # As CUDA does: up to the first that is none.
    assert [gpu.visible for gpu in usable_gpus({VISIBLE: "1,7,0"})] == ["1"]
    assert [gpu.visible for gpu in usable_gpus({VISIBLE: "0,0,-1,1"})] == ["0"]
    assert usable_gpus({VISIBLE: "GPU-other"}) == usable_gpus({VISIBLE: "none"}) == []


def test_one_that_is_divided_is_its_instances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    list_gpus(tmp_path / "bin", DIVIDED, monkeypatch)
    assert [gpu.name for gpu in usable_gpus({})] == [
        "NVIDIA H200, MIG 1g.18gb",
        "NVIDIA H200, MIG 3g.71gb",
        "NVIDIA H200",
    ]
    assert [gpu.visible[:8] for gpu in usable_gpus({})] == ["MIG-41b3", "MIG-65b7", "GPU-c19d"]


def test_where_the_list_fails_numbers_serve(cards: Path) -> None:
    add_card(cards, "0000:01:00.0", "NVIDIA A")
    add_card(cards, "0000:02:00.0", "NVIDIA B")
    assert usable_gpus({}) == [Gpu("GPU 0", "0"), Gpu("GPU 1", "1")]
    add_card(cards, "0000:03:00.0", "NVIDIA A")
    assert len(usable_gpus({})) == 3


def test_alike_they_have_their_model(cards: Path) -> None:
    add_card(cards, "0000:01:00.0", "NVIDIA A")
    add_card(cards, "0000:02:00.0", "NVIDIA A")
    assert usable_gpus({}) == [Gpu("NVIDIA A (GPU 0)", "0"), Gpu("NVIDIA A (GPU 1)", "1")]
