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


PAINT = """
import os, sys
from pathlib import Path
from nst_server.host.program_cache import ProgramCache
cache = ProgramCache(Path(sys.argv[1]))
cache.open("always", os.environ)
from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.compile_ahead import Compiler
from nst_server.engine.painter import Painter
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape

width, height = map(int, sys.argv[2:])
compiler = Compiler("always", cache)
content, style = Picture(landscape(width, height)), Style(Picture(landscape(height, width)))
settings = Settings.of_preset("draft", size=64, coarsest=0, iterations=2, backbone="vgg16")
*_, last = Painter(Path("none"), compiler).stylize(content, [style], settings)
print("programs", compiler.programs, "result", last.result().shape)
"""


def painting(folder: Path, width: int, height: int) -> subprocess.Popen[str]:
    """Paint a picture in a process of its own."""
    return _python(PAINT, str(folder), str(width), str(height))


def found_by(process: subprocess.Popen[str]) -> int:
    """Wait until it has painted with one program; return how many were found on disk."""
    output, errors = process.communicate(timeout=200)
    assert "programs 1 result" in output, errors
    return len(re.findall("Loading cached entry for", errors))


@pytest.mark.engine
def test_a_painting_in_another_process_compiles_nothing(tmp_path: Path) -> None:
    both = [painting(tmp_path, 90, 60), painting(tmp_path, 90, 60)]
    assert [found_by(process) for process in both] == [0, 0]  # both began with nothing
    files = sorted(tmp_path.glob("*/*/*.pb.*"))
    assert len({file.name.partition(".pb.")[0] for file in files}) == 1
    assert found_by(painting(tmp_path, 80, 54)) == 1  # another size, of the same bucket
    assert sorted(tmp_path.glob("*/*/*.pb.*")) == files


def compiled(folder: Path, traced_before: int = 0) -> tuple[bool, list[Path]]:
    """Compile in a process of its own; return whether it was found, and the files that are kept."""
    output, errors = _python(COMPILE, str(folder), str(traced_before)).communicate(timeout=100)
    assert "result 13.0" in output, errors
    found = len(re.findall("Loading cached entry for", errors))
    assert found in (0, 1)
    return bool(found), sorted(folder.glob("*/*/*.pb.*"))


def _python(program: str, *words: str) -> subprocess.Popen[str]:
    environment = {
        **worker_environment(os.environ),
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "0",
        "TF_CPP_VMODULE": "device_executable_persistor=1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


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
