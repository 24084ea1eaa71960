"""The command with standard streams as people leave them, and signals that end it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from nst_server.pictures.reading import reader
from tests.support.running import NST, QUICK, nst

pytestmark = pytest.mark.engine


def shell(home: Path, script: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "NST_HOME": str(home), "NST": " ".join(NST), **variables}
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, timeout=300)


def words(files: Path, output: Path) -> str:
    flags = " ".join(map(str, QUICK))
    return f"stylize '{files}/content.png' --style '{files}/style.png' -o '{output}' {flags}"


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_reason_not_to_paint(home: Path, files: Path, closed: str) -> None:
    out = files / f"closed {closed.replace('&', '').replace('>', 'g').replace('<', 'l')}.png"
    done = shell(home, f"$NST {words(files, out)} {closed}")
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert reader.recipe(out)


def test_a_full_standard_output_does_not_lose_the_painting(home: Path, files: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    out = files / "told to a full disk.png"
    done = shell(home, f"$NST {words(files, out)} --json > /dev/full")
    assert done.returncode == 2
    told = b"nst: Standard output could not be written: No space left on device.\n"
    assert done.stderr == told
    assert reader.recipe(out)


@pytest.mark.parametrize("command", ["doctor", "weights", "status", "bench --help"])
def test_a_reader_that_has_enough_is_no_error(home: Path, command: str) -> None:
    done = shell(home, f"$NST {command} | true; echo ${{PIPESTATUS[0]}}")
    assert done.stderr == b""
    assert done.stdout.strip() in (b"141", b"0", b"3", b"1")


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_doctor_speaks_in_every_locale(home: Path, locale: str) -> None:
    done = shell(home, "$NST doctor", PYTHONIOENCODING="latin-1", LC_ALL=locale)
    assert b"Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) > 3


def test_a_name_that_is_no_text_is_painted_and_told(home: Path, files: Path) -> None:
    odd = os.fsencode(files) + b"/M\xe4rz.png"
    Path(os.fsdecode(odd)).write_bytes((files / "content.png").read_bytes())
    out = os.fsencode(files) + b"/gem\xe4lt.png"
    command = [os.fsencode(word) for word in (*NST, "stylize")]
    command += [odd, b"--style", odd, b"-o", out, *(str(word).encode() for word in QUICK)]
    environment = {**os.environ, "NST_HOME": str(home)}
    done = subprocess.run([*command, b"--json"], env=environment, capture_output=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")
    assert reader.recipe(Path(os.fsdecode(out)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(
    home: Path, files: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out.png"
    command = [*NST, "stylize", files / "content.png", "--style", files / "style.png", "-o", out]
    painting = subprocess.Popen(
        [*map(str, command), "--iterations", "5000"],
        env={**os.environ, "NST_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # nohup may have it ignored
    )
    time.sleep(3)
    painting.send_signal(number)
    _, errors = painting.communicate(timeout=20)
    assert painting.returncode == 128 + number
    assert errors == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", [0.05, 0.1, 0.2, 0.4])
def test_an_early_interrupt_is_one_line(home: Path, files: Path, after: float) -> None:
    """Python itself needs some 0.05 s before it is ours."""
    command = [*NST, "stylize", str(files / "content.png"), "--style", "missing.png", "-o", "o.png"]
    started = subprocess.Popen(
        command, env={**os.environ, "NST_HOME": str(home)}, stderr=subprocess.PIPE, text=True
    )
    time.sleep(after)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=20)
    assert len(errors.splitlines()) <= 1 or "nst_server" not in errors


@pytest.mark.parametrize(
    "flags", [("--worker-idle", "-1"), ("--server-idle", "nan"), ("--server-idle", "inf")]
)
def test_idle_times_are_numbers(home: Path, flags: tuple[str, str]) -> None:
    done = nst(home, "serve", *flags)
    assert done.returncode == 2
    assert "invalid number of seconds" in done.stderr


def test_a_name_that_is_too_long_is_a_sentence(home: Path, files: Path) -> None:
    long = files / ("x" * 300 + ".png")
    for content, output in ((long, files / "out.png"), (files / "content.png", long)):
        done = nst(home, "stylize", content, "--style", files / "style.png", "-o", output)
        assert done.returncode == 2
        assert "File name too long" in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("flags", ["--xla_no_such_flag=1"])
def test_settings_of_other_work_do_not_count(tmp_path: Path, files: Path, flags: str) -> None:
    home, user = tmp_path / "home", tmp_path / "user"
    user.mkdir()
    variables = {
        "XLA_FLAGS": flags,
        "TF_XLA_FLAGS": flags,
        "KERAS_BACKEND": "nothing",
        "HOME": str(user),
    }
    try:
        done = shell(home, f"$NST {words(files, files / 'other work.png')}", **variables)
        assert done.returncode == 0, done.stderr
    finally:
        shell(home, "$NST stop")
    assert not (user / ".keras").exists()
    with Image.open(files / "other work.png") as image:
        assert image.size == (160, 120)
