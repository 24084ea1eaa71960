"""Packages are fetched once, whatever the registry does, and whichever Python they are for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from steps import packages
from steps.packages import Store
from steps.report import SetupReport


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of two packages, which are asked for again at once."""
    monkeypatch.setattr(packages, "PAUSE_SECONDS", 0.01)
    made = tmp_path / "a.lock"
    made.write_text("one==1 \\\n    --hash=sha256:0\ntwo==2 \\\n    --hash=sha256:1\n")
    return made


def test_nothing_is_asked_for_again_once_one_cannot_be_had(tmp_path: Path, lock: Path) -> None:
    slow = tmp_path / "pip"
    slow.write_text(
        "#!/bin/sh\n"
        'cd "$(dirname "$0")"; name=$(sed -n "s/==.*//p" "$4"); echo "$name" >> calls\n'
        'test "$name" = one && { sleep 0.5; echo DO NOT MATCH THE HASHES; exit 1; }\n'
        "exec sleep 600\n"
    )
    slow.chmod(0o755)
    code, output = packages.fetch(
        [str(slow)], lock, Store(tmp_path / "downloads", "3.11"), SetupReport(), {**os.environ}, ()
    )
    assert (code, output) == (1, "DO NOT MATCH THE HASHES\n")
    assert sorted((tmp_path / "calls").read_text().split()) == ["one", "two"]


def test_a_registry_that_fails_for_a_moment_is_asked_again(tmp_path: Path, lock: Path) -> None:
    flaky = tmp_path / "pip"
    flaky.write_text(
        "#!/bin/sh\n"  # called as: pip --dest FOLDER -r FILE; fails at first for each
        'cd "$(dirname "$0")"; name=$(sed -n "s/==.*//p" "$4")\n'
        'echo "$name" >> calls\n'
        '[ "$(grep -c "$name" calls)" -gt 1 ] || { echo "No matching distribution"; exit 1; }\n'
        'mkdir -p "$2"; touch "$2/$name.whl"\n'
    )
    flaky.chmod(0o755)
    to = tmp_path / "downloads"
    store = Store(to, "3.11")
    code, output = packages.fetch([str(flaky)], lock, store, SetupReport(), dict(os.environ), ())
    assert code == 0, output
    assert {path.name for path in to.glob("*.whl")} == {"one.whl", "two.whl"}
    packages.fetch([str(flaky)], lock, store, SetupReport(), dict(os.environ), ())
    assert len((tmp_path / "calls").read_text().split()) == 4  # nothing was asked for again


@pytest.mark.parametrize(("fits", "asked"), [(True, ["--no-index"]), (False, ["--no-index", ""])])
def test_a_wheel_that_another_python_fetched_is_not_fetched_again_if_it_fits(
    tmp_path: Path, lock: Path, fits: bool, asked: list[str]
) -> None:
    lock.write_text("some-name==1.2 ; python_version >= '3.10' \\\n    --hash=sha256:0\n")
    store = Store(tmp_path / "downloads", "3.13")
    store.folder.mkdir()
    (store.folder / "some_name-1.2-py3-none-any.whl").touch()
    (store.folder / "some_name_else-1.2-py3-none-any.whl").touch()
    pip = tmp_path / "pip"
    pip.write_text(
        "#!/bin/sh\n"  # called as: pip [--no-index --find-links FOLDER] --dest FOLDER -r FILE
        f"cd '{tmp_path}'; offline=; case $1 in --no-index) offline=$1; shift 3;; esac\n"
        f'echo "$offline" >> calls; [ -z "$offline" ] || {"true" if fits else "exit 1"}\n'
        'mkdir -p "$2"; touch "$2/some_name-1.2-py3-none-any.whl"\n'
    )
    pip.chmod(0o755)
    code, output = packages.fetch([str(pip)], lock, store, SetupReport(), dict(os.environ), ())
    assert code == 0, output
    assert (tmp_path / "calls").read_text().splitlines() == asked
