"""The installation's steps in order; each is done unless it has a stamp of the same inputs."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nst_server.host import gimps, obstacles
from nst_server.host.gimp_profiles import Profile, system_python
from nst_server.host.gimps import Gimp
from nst_server.host.home import Home
from nst_server.host.nvidia import nvidia_driver_answers
from steps import demo, environment, interpreter, plug_in, sandboxes
from steps.guard import exclusive
from steps.manifest import Manifest, digest_of, sources
from steps.removal import stranger, uninstall
from steps.report import SetupError, SetupReport, clock

DEMO_STYLE = "swirls"
"""The sample style of the first picture."""


@dataclass(frozen=True)
class Step:
    """One part of the installation.

    It is complete if its stamp equals ``inputs`` and ``intact`` confirms what it made.
    """

    key: str
    title: str
    inputs: str
    run: Callable[[], object]
    intact: Callable[[], bool] = field(default=lambda: True)
    optional: bool = False
    """True if the installation goes on without it; ``run`` then returns False after a failure."""
    ends_server: bool = False
    """True if it replaces files that a running server uses."""


class Setup:
    """State of one run of install.py."""

    def __init__(self, options: argparse.Namespace, repository: Path) -> None:
        self.options = options
        self.repository = repository
        self.home = Home.default()
        self.manifest = Manifest(self.home.root)
        self.report = SetupReport()
        self.failures: list[str] = []
        """Sentences of those GIMPs that could not be set up while all else was."""

    def install(self) -> None:
        """Do every step that is not complete. Raises `SetupError`."""
        started = time.monotonic()
        home, report = self.home, self.report
        report.line(f"Neural Style goes into {home.root}")
        device = self._device()
        python, version = interpreter.suitable()
        lock = self.repository / "install" / environment.LOCKS[device]
        stamp = environment.stamp(home, version, lock)
        up_to_date = self.manifest.steps.get("environment") == stamp and home.python.exists()
        if not up_to_date:
            has_pip = environment.brought_pip(home) is not None
            interpreter.check_venv(python, version, has_pip=has_pip)
            environment.check_space(home, device)
        release = ".".join(str(part) for part in version)
        server_steps = [
            Step(
                "environment",
                f"Python {release} with TensorFlow for {device.upper()}",
                stamp,
                lambda: environment.make(home, python, lock, report),
                home.python.exists,
                ends_server=True,
            ),
            *self._server_steps(stamp),
        ]
        if not self.options.dry_run:
            if any(step.ends_server and not self._complete(step) for step in server_steps):
                self._check_idle()
            self.manifest.write()
        for step in server_steps:
            self._do(step)
        found = self._gimps()
        for gimp in found:
            if gimp.sandboxed:
                self._set_up_sandbox(gimp, device)
        if not self.options.dry_run:
            environment.discard_downloads(home)
        for step in [*self._gimp_steps(found), *self._demo_steps()]:
            self._do(step)
        if self.options.dry_run:
            report.line("Nothing was changed.")
        else:
            report.line(f"Ready after {clock(time.monotonic() - started)}.")
            self._farewell()
        if self.failures:
            raise SetupError(
                "\n".join(self.failures), "\nAll else is ready. Run this again for that."
            )

    def check_folder(self) -> None:
        """Raise `SetupError` if the folder is not ours, before a lock is made beside it."""
        root = self.home.root
        if self.options.uninstall:
            if not self.manifest.exists:
                raise SetupError(
                    f"{root} was not made by this installer, so nothing is removed.",
                    "Set NST_HOME to the folder of the installation.",
                )
            return
        for obstacle in obstacles.found(self.home):
            raise SetupError(obstacle.sentence, obstacle.hint)
        if root.exists() and not root.is_dir():
            raise SetupError(f"{root} is not a folder.", "Set NST_HOME to another one.")
        foreign = None if self.manifest.exists else stranger(self.home)
        if foreign is not None:
            raise SetupError(
                f"{root} holds something else already ({foreign.relative_to(root)}).",
                "Set NST_HOME to a folder of its own.",
            )
        existing = next(folder for folder in (root, *root.parents) if folder.exists())
        if not os.access(existing, os.W_OK):
            raise SetupError(f"{existing} cannot be written.", "Set NST_HOME to a folder of yours.")

    def _check_idle(self) -> None:
        if demo.has_jobs(self.home):
            raise SetupError(
                "A picture is being painted.",
                "Run this again when it is done, or end it with nst stop.",
            )

    def _device(self) -> str:
        requested: str = self.options.device
        answers = requested != "cpu" and nvidia_driver_answers()
        if requested == "cuda" and not answers:
            self.report.line("No NVIDIA driver answers; CUDA is installed all the same.")
        if sys.platform == "win32" and requested != "cpu":
            self.report.line("TensorFlow uses no GPU on Windows itself; in WSL2 it does.")
            return "cpu"
        return "cuda" if answers or requested == "cuda" else "cpu"

    def _server_steps(self, environment_stamp: str) -> list[Step]:
        home, repository, report = self.home, self.repository, self.report
        inputs = digest_of(
            environment_stamp,
            files=[*sources(repository / "nst_server"), repository / "pyproject.toml"],
        )
        pictures = self.repository / "nst_server" / "pictures"
        return [
            Step(
                "project",
                "Neural Style itself",
                inputs,
                lambda: environment.install_project(home, repository, report),
                lambda: environment.has_project(home.venv),
                ends_server=True,
            ),
            Step(
                "command",
                f"The command {home.command}",
                digest_of(str(home.root)),
                lambda: environment.write_command(home),
                lambda: os.access(home.command, os.X_OK),
            ),
            Step(
                "styles",
                "Sample styles",
                digest_of(files=[pictures / "brushes.py", pictures / "sample_styles.py"]),
                lambda: demo.write_styles(home, self.manifest, report),
                lambda: any(home.styles.glob(f"{DEMO_STYLE}.*")),
            ),
            Step(
                "weights",
                "Weights of VGG19 (80 MB; VGG16's are there in any case)",
                "1",
                lambda: demo.fetch_weights(home, report),
                lambda: any(home.weights.glob("vgg19*.h5")),
                optional=True,
            ),
        ]

    def _gimps(self) -> list[Gimp]:
        """The GIMPs to install for, which are none if a profile was named."""
        return [] if self.options.no_gimp or self.options.gimp_dir else gimps.found()

    def _set_up_sandbox(self, gimp: Gimp, device: str) -> None:
        inner = str(gimps.sandbox_home(gimp.packaged))
        self.report.line(f"  … {gimp} has an environment of its own, in {inner}")
        if self.options.dry_run:
            return
        if inner not in self.manifest.sandboxes:
            self.manifest.sandboxes.append(inner)
            self.manifest.write()
        try:
            sandboxes.install(gimp, device, self.home, self.repository, self.report)
        except (SetupError, OSError) as error:  # the other GIMPs do not wait for it
            self.failures.append(f"{gimp} could not be set up: {_in_words(error)}")
            self.report.line(f"  ✗ {self.failures[-1]}")

    def _gimp_steps(self, found: Sequence[Gimp]) -> list[Step]:
        if self.options.no_gimp:
            return []
        given, dry_run = self.options.gimp_dir, self.options.dry_run
        targets = plug_in.find_profiles(given, found, self.report, create=not dry_run)
        if not targets and not (dry_run and found):
            self.report.line(
                "  - No GIMP 3 profile was found: install GIMP 3, start it once and run this "
                "again, or name the profile with --gimp-dir."
            )
        contents = self._plug_in_contents(found)
        return [self._plug_in_step(profile, contents) for profile in targets]

    def _plug_in_contents(self, found: Sequence[Gimp]) -> plug_in.Contents:
        homes = {gimps.note_name(gimps.packaging_here()): self.home.root}
        for gimp in found:
            if gimp.sandboxed:
                homes[gimps.note_name(gimp.packaged)] = gimps.sandbox_home(gimp.packaged)
        commands = [gimp.python for gimp in found] or [(system_python() or sys.executable,)]
        releases = {interpreter.version_of(*command) for command in commands}
        pythons = tuple(sorted(release for release in releases if release is not None))
        return plug_in.Contents(self.home, self.repository, homes, pythons)

    def _plug_in_step(self, profile: Profile, contents: plug_in.Contents) -> Step:
        def install() -> None:
            if str(profile.plug_in) not in self.manifest.plug_ins:
                self.manifest.plug_ins.append(str(profile.plug_in))
                self.manifest.write()
            plug_in.install(profile, contents, self.report)

        return Step(
            f"plug-in {profile.plug_in}",
            f"GIMP plug-in in {profile.plug_in}",
            contents.stamp,
            install,
            lambda: plug_in.intact(profile, contents),
        )

    def _demo_steps(self) -> list[Step]:
        if self.options.no_demo:
            return []
        home, report, manifest = self.home, self.report, self.manifest
        return [
            Step(
                "photograph",
                "Sample photograph",
                demo.PHOTOGRAPH_DIGEST,
                lambda: demo.fetch_photograph(home, self.repository, manifest, report),
                demo.photograph(home).is_file,
            ),
            Step(
                "painting",
                "A first painting, through the server",
                DEMO_STYLE,
                lambda: demo.paint(home, DEMO_STYLE, manifest, report),
                demo.painting(home).is_file,
            ),
        ]

    def _complete(self, step: Step) -> bool:
        return self.manifest.steps.get(step.key) == step.inputs and step.intact()

    def _do(self, step: Step) -> None:
        complete = self._complete(step)
        self.report.line(f"  {'✓' if complete else '…'} {step.title}")
        if complete or self.options.dry_run:
            return
        self.manifest.begin(step.key)
        if step.ends_server:
            demo.stop_server(self.home, self.home.python, self.report)
        if step.run() is False and step.optional:
            return
        self.manifest.complete(step.key, step.inputs)

    def _farewell(self) -> None:
        home, report = self.home, self.report
        if not self.options.no_demo:
            report.line(f"The first painting: {demo.painting(home)}")
        if not self.options.no_gimp:
            report.line(
                "In GIMP (start it anew if it is open): open a photograph, choose Filters → "
                f"Neural Style…, take a style picture, from {home.styles} say, press Stylize."
            )
        report.line(f"In a shell: {home.command} stylize PHOTO --style STYLE -o RESULT.png")


def _in_words(error: SetupError | OSError) -> str:
    if isinstance(error, SetupError):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}"


def run(options: argparse.Namespace, repository: Path) -> int:
    """Install or uninstall, as asked for; return the exit code of `install.main`."""
    setup = Setup(options, repository)
    try:
        setup.check_folder()
        with contextlib.nullcontext() if options.dry_run else exclusive(setup.home.root):
            if options.uninstall:
                uninstall(setup.home, setup.manifest, setup.report, dry=options.dry_run)
            else:
                setup.install()
    except SetupError as error:
        setup.report.line("")
        print(f"neural-style: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        setup.report.line("")
        again = "Run this again when it is mended."
        print(f"neural-style: {_in_words(error)}. {again}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        setup.report.line("")
        print("Interrupted; run this again to go on from here.", file=sys.stderr)
        return 130
    return 0
