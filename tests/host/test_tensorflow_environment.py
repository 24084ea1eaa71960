"""Which kernels TensorFlow is told to take."""

from __future__ import annotations

import pytest

from nst_server.host.tensorflow_environment import kernels, worker_environment


@pytest.mark.parametrize(
    ("machine", "features", "one_dnn"),
    [
        ("x86_64", {"avx2", "avx512f"}, "1"),
        ("x86_64", {"avx2"}, "0"),
        ("AMD64", (), "0"),
        ("aarch64", (), None),
    ],
)
def test_one_dnn_is_for_processors_with_avx512(
    machine: str, features: set[str], one_dnn: str | None
) -> None:
    assert kernels(machine, features).get("TF_ENABLE_ONEDNN_OPTS") == one_dnn


def test_what_a_person_has_set_counts() -> None:
    told = worker_environment({"TF_ENABLE_ONEDNN_OPTS": "by hand", "HOME": "somewhere"})
    assert told["TF_ENABLE_ONEDNN_OPTS"] == "by hand"
    assert told["HOME"] == "somewhere"
    assert told["PYTHONIOENCODING"] == "utf-8"
