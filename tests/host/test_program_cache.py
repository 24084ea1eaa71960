"""Compiled programs on disk: found by the next process, whatever happened to the files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nst_server.host.program_cache import ProgramCache
from nst_server.host.tensorflow_environment import worker_environment

ROOT = Path(__file__).parents[2]

COMPILE = """
import os, sys
from pathlib import Path
from nst_server.host.program_cache import ProgramCache
cache = ProgramCache(Path(sys.argv[1]))
cache.open("always", os.environ)
import tensorflow as tf
from nst_server.engine.network.program import Program

for number in range(int(sys.argv[2])):  # functions that are traced before
    tf.function(lambda x: x + number)(tf.constant(1.0))
one = tf.constant(1.0)

@tf.custom_gradient
def doubled(x):
    return 2.0 * x, lambda upstream: 2.0 * upstream

def summed(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = doubled(x)
    slope = tape.gradient(y, x)
    return tf.while_loop(lambda n, y: n < 5, lambda n, y: (n + 1, y + slope), (0, y + one))[1]

print("result", float(Program(summed, (one,))(one)))
cache.keep()
"""


def compiled(folder: Path, traced_before: int = 0) -> tuple[bool, list[Path]]:
    """Compile in a process of its own; return whether it was found, and the files that are kept."""
    environment = {
        **worker_environment(os.environ),
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "0",
        "TF_CPP_VMODULE": "device_executable_persistor=1",
    }
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(folder), str(traced_before)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
    )
    assert "result 13.0" in done.stdout, done.stderr
    found = len(re.findall("Loading cached entry for", done.stderr))
    assert found in (0, 1)
    return bool(found), sorted(folder.glob("*/*/*.pb.*"))


@pytest.mark.engine
def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "Öl & 'Pinsel\" 画"
    found, files = compiled(folder)
    assert (found, len(files)) == (False, 1)
    assert compiled(folder, traced_before=3) == (True, files)
    files[0].write_bytes(files[0].read_bytes()[:-500] + bytes(500))
    found, again = compiled(folder)
    assert (found, len(again)) == (False, 1)
    assert [entry.name for entry in next(folder.iterdir()).iterdir()] == [again[0].parent.name]


@pytest.mark.engine
def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert compiled(tmp_path / "cache") == (False, [])


def test_the_oldest_go_and_other_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    environment: dict[str, str] = {}
    first = ProgramCache(tmp_path, most_bytes=2500)
    first.open("always", environment)
    (of_machine,) = tmp_path.iterdir()
    (own,) = of_machine.glob("of-process-*")
    assert f'"{own}"' in environment["TF_XLA_FLAGS"]
    (kept,) = set(of_machine.iterdir()) - {own}
    for number in range(4):
        (own / f"{number}.pb").write_bytes(bytes([number]) * 1000)
        first.keep()
        for age, file in enumerate(sorted(kept.iterdir())):
            os.utime(file, (1000 + age, 1000 + age))
    assert [file.name[:4] for file in sorted(kept.iterdir())] == ["2.pb", "3.pb"]
    other = of_machine / "0.0.1-2.0-0"
    other.mkdir()
    second = ProgramCache(tmp_path)
    second.open("always", environment)
    assert not other.exists()
    both = {folder for folder in of_machine.glob("of-process-*") if (folder / "3.pb").exists()}
    assert len(both - {own}) == 1
    assert {file.name for file in (both - {own}).pop().glob("*.pb")} == {"2.pb", "3.pb"}


def test_nothing_is_touched_where_nothing_is_compiled(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    ProgramCache(tmp_path / "cache").open("never", environment)
    assert not environment
    assert not list(tmp_path.iterdir())
