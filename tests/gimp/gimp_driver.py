"""Real GIMP in its root folder, driven from the tests: calls into it, and a display around it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

SCRIPTS = Path(__file__).parent / "scripts"
ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
"""Where screenshots are left to be looked at."""

STARTUP_SECONDS = 120.0
WARNINGS = {"G_ENABLE_DIAGNOSTIC": "1", "PYTHONWARNINGS": "default"}
"""With them GLib and Python write what is deprecated."""


class Gimp:
    """A running GIMP that answers `call`s; see ``scripts/answer.py`` for the other end.

    ``installed`` is a root folder in which the installer ran; all paths are inside it.
    """

    def __init__(
        self,
        installed: Any,
        *,
        name: str = "gimp",
        display: str = "",
        home: str = "",
        profile: str = "",
        language: str = "",
        scale: int = 1,
        theme: str = "dark",
        warnings: bool = False,
    ) -> None:
        self.installed = installed
        self.home = home or str(installed.home)
        self.profile = profile or str(installed.profile)
        self.folder = PurePosixPath(str(installed.home)).parent / "gimp-tests"
        self.outside = Path(installed.outside(str(self.folder)))
        self.outside.mkdir(parents=True, exist_ok=True)
        shutil.copytree(SCRIPTS, self.outside / "scripts", dirs_exist_ok=True)
        self._port_file = self.outside / f"{name}.port"
        self._port_file.unlink(missing_ok=True)
        answer = str(self.folder / "scripts" / "answer.py")
        batch = f"__file__ = {answer!r}; exec(open(__file__).read())"
        program = [*installed.console, "-i", "-d"]
        if display:
            program = [*installed.program, "-n", "-s"]
            program += [f"--gimprc={self._quiet_preferences(theme)}"]
        self._log = (self.outside / f"{name}.log").open("wb")
        self._process = installed.popen(
            [*program, "--batch-interpreter", "python-fu-eval", "-b", batch, "--quit"],
            env={
                **self.environment,
                "ANSWER_AT": str(self.folder / self._port_file.name),
                **({"DISPLAY": display} if display else {}),
                **({"LANG": language} if language else {}),
                **({"GDK_SCALE": str(scale)} if scale != 1 else {}),
                **(WARNINGS if warnings else {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        wait_for(self._port_file.exists, "GIMP's answer", STARTUP_SECONDS)
        self.pid = int(self._port_file.read_text().split()[1])

    def _quiet_preferences(self, theme: str) -> str:
        """A file of preferences without a welcome and other questions."""
        told = self.installed.run([*self.installed.console, "--version"], timeout=60).stdout
        version = re.search(r"\d+\.\d+\.\d+", told)
        assert version, told
        (self.outside / "gimprc").write_text(
            f'(config-version "{version.group()}")\n(show-welcome-dialog no)\n'
            f"(theme-color-scheme {theme})\n"
            "(check-updates no)\n(color-profile-policy keep)\n(metadata-rotation-policy keep)\n"
        )
        return str(self.folder / "gimprc")

    @property
    def environment(self) -> dict[str, str]:
        """Which profile and which installation GIMP is to use; a sandbox's knows its own."""
        sandboxed = self.installed.sandboxed
        return {} if sandboxed else {"GIMP3_DIRECTORY": self.profile, "NST_HOME": self.home}

    def __enter__(self) -> Gimp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, script: str, **arguments: Any) -> Callable[[float], Any]:
        """Start ``main(**arguments)`` of a script inside GIMP; what is returned waits for it."""
        connection = socket.create_connection(
            ("127.0.0.1", int(self._port_file.read_text().split()[0])), timeout=10
        )
        stream = connection.makefile("rwb")
        stream.write(json.dumps({"script": script, "arguments": arguments}).encode() + b"\n")
        stream.flush()

        def answer(timeout: float = 180.0) -> Any:
            connection.settimeout(timeout)
            try:
                line = stream.readline()
            except ConnectionResetError:
                line = b""
            connection.close()
            assert line, f"GIMP ended without an answer:\n{self.log()[-3000:]}"
            told = json.loads(line)
            assert "traceback" not in told, told["traceback"]
            return told["answer"]

        return answer

    def call(self, script: str, **arguments: Any) -> Any:
        """What ``main(**arguments)`` of a script returns inside GIMP."""
        return self.begin(script, **arguments)(180.0)

    def nst(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the installed ``nst`` of this GIMP's home."""
        return self.installed.run(  # type: ignore[no-any-return]
            [*self.installed.nst(self.home), *arguments], env={"NST_HOME": self.home}, timeout=60
        )

    def status(self) -> dict[str, Any]:
        """What ``nst status --json`` prints; where no server runs there are no jobs."""
        told: dict[str, Any] = json.loads(self.nst("status", "--json").stdout)
        return {"jobs": [], **told}

    def log(self) -> str:
        """What GIMP and its plug-ins, ours too, have written so far."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def ended(self) -> bool:
        """Whether GIMP is no more."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it as a crash would."""
        if self.installed.sandboxed:  # where its number is another
            self.installed.root.kill("gimp", f"ANSWER_AT={self.folder / self._port_file.name}")
        else:
            self.installed.run(["kill", "-KILL", str(self.pid)], env={}, timeout=10)
        self._process.wait(10)

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        self._log.close()


class Desktop:
    """Xvfb with a window manager inside the root folder, its keyboard and its screen."""

    def __init__(self, installed: Any, display: str, size: tuple[int, int]) -> None:
        self.size = size
        self.installed = installed
        self.display = display

    def xdotool(self, *arguments: str) -> str:
        """What xdotool prints; an empty string if it finds nothing."""
        done = self.installed.run(
            ["xdotool", *arguments], env={"DISPLAY": self.display}, timeout=30
        )
        return str(done.stdout).strip()

    def window(self, title: str, timeout: float = 90.0) -> str:
        """The id of the visible window whose title matches the expression, once it is there."""
        try:
            return str(wait_for(lambda: self.search(title), f"window {title!r}", timeout))
        except AssertionError as error:
            titles = {self.xdotool("getwindowname", window) for window in self._visible()}
            raise AssertionError(f"{error}, but {sorted(titles - {''})}") from None

    def gone(self, title: str, timeout: float = 30.0) -> None:
        """Wait until there is no such window."""
        wait_for(lambda: not self.search(title), f"window {title!r} to be gone", timeout)

    def press(self, title: str, *keys: str) -> None:
        """Press keys in a window, one after the other."""
        self._press(self.window(title), *keys)

    def choose(self, title: str, menu: str, entry: str) -> None:
        """Choose an entry of a window's menu by its keys, the second once the menu is there."""
        window = self.window(title)
        before = self._visible()

        def opened() -> bool:
            if self._visible() - before:
                return True
            self._press(window, menu)  # once more: a window that was just made may miss a key
            time.sleep(2)
            return False

        wait_for(opened, f"the menu {menu} of {title!r}", 60)
        self._press(window, entry)

    def end(self, title: str, key: str, timeout: float = 60.0) -> None:
        """Press the key that ends a window until it is gone: a greyed button does not hear it."""
        self.window(title)

        def ended() -> bool:
            window = self.search(title)
            if window:
                self._press(window, key)
                time.sleep(1)
            return not window

        try:
            wait_for(ended, f"the end of window {title!r} by {key}", timeout)
        except AssertionError:
            self.screenshot(ARTEFACTS / f"not-ended-by-{key}.png")
            raise

    def _press(self, window: str, *keys: str) -> None:
        words = ["windowactivate", "--sync", window]  # if it has gone meanwhile, no key is pressed
        for key in keys:
            words += ["sleep", "0.3", "key", "--clearmodifiers", key]  # menus open and close
        self.xdotool(*words)

    def screenshot(self, file: Path, title: str = "") -> None:
        """The screen, or the window of that title with its frame, as PNG; no tip is in the way."""
        self.xdotool("mousemove", *(str(side - 1) for side in self.size))
        time.sleep(0.7)
        inside = PurePosixPath("/tmp") / file.name
        what = ["-frame", "-window", self.window(title)] if title else ["-window", "root"]
        self.installed.run(
            ["import", *what, str(inside)], env={"DISPLAY": self.display}, timeout=30
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.installed.outside(str(inside)), file)

    def _visible(self) -> set[str]:
        """The numbers of all visible windows, menus among them."""
        return set(self.xdotool("search", "--onlyvisible", "--name", "").splitlines())

    def search(self, title: str) -> str:
        """The number of such a window; a window that vanishes in between makes xdotool fail."""
        for _ in range(20):
            lines = self.xdotool("search", "--onlyvisible", "--name", title).splitlines()
            if all(map(str.isdecimal, lines)):
                return lines[0] if lines else ""
        raise AssertionError(f"xdotool cannot search: {lines}")


@contextmanager
def desktop(
    installed: Any, display: str = ":93", size: tuple[int, int] = (1400, 900)
) -> Iterator[Desktop]:
    """A screen with openbox on it."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    env = {"DISPLAY": display}
    command = ["Xvfb", display, "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"]
    screen = installed.popen(command, env={}, stderr=subprocess.DEVNULL, **quiet)
    try:
        made = Desktop(installed, display, size)
        wait_for(lambda: made.xdotool("getdisplaygeometry"), "the display", 30)
        manager = installed.popen(["openbox"], env=env, stderr=subprocess.DEVNULL, **quiet)
        try:
            yield made
        finally:
            manager.terminate()
            manager.wait(10)
    finally:
        screen.terminate()
        screen.wait(10)


def wait_for(condition: Callable[[], Any], what: str, timeout: float = 60.0) -> Any:
    """The first true value of ``condition``, asked for again and again."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {timeout:g} s")


def profile_without(installed: Any, part: str) -> str:
    """Another profile, in whose plug-in a folder is missing."""
    folder = PurePosixPath(str(installed.home)).parent / "incomplete profile"
    outside = Path(installed.outside(str(folder)))
    complete = Path(installed.outside(str(installed.profile)))
    shutil.rmtree(outside, ignore_errors=True)
    shutil.copytree(complete / "plug-ins", outside / "plug-ins")
    shutil.rmtree(outside / "plug-ins" / "neural-style" / part)
    return str(folder)
