"""Imports go one way, and nothing in the repository belongs to one machine or registry."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "nst_server"
PLUG_IN = REPOSITORY / "gimp_plugin" / "neural-style"

VALUES = {
    "errors",
    "paths",
    "settings",
    "job",
    "progress",
    "protocol",
    "geometry",
    "memory",
    "processor",
    "spool",
}
"""The lowest layer: standard library only."""

LAYERS: dict[str, tuple[set[str], set[str]]] = {
    # layer: (layers of our own it may import, packages of others)
    "values": (set(), set()),
    "transfer": ({"values"}, set()),
    "client": ({"values", "transfer"}, {"zmq"}),
    "engine": ({"values", "weights"}, {"numpy", "tensorflow", "keras", "h5py"}),
    "weights": ({"values"}, set()),
    "gallery": (set(), {"numpy", "PIL"}),
    "service": ({"values", "transfer", "client", "weights"}, {"zmq", "numpy"}),
    "worker": (
        {"values", "transfer", "client", "weights", "service", "engine"},
        {"zmq", "numpy"},
    ),
    "bench": (
        {"values", "transfer", "client", "engine", "weights", "gallery", "service", "worker"},
        {"numpy", "PIL", "rich", "tensorflow", "keras"},
    ),
    "command": (
        {
            *("values", "transfer", "client", "engine", "weights", "gallery", "service", "worker"),
            "bench",
        },
        {"numpy", "PIL", "imagecodecs", "markdown_it", "tifffile", "rich", "zmq"},
    ),
}
WORKER_MODULES = {"worker", "painting", "pixels"}
"""Modules of the service that run in a worker process only."""


def layer_of(module: str) -> str:
    """The layer of a module of ``nst_server``, named with dots."""
    parts = module.split(".")[1:] or ["settings"]
    if parts[0] == "service" and len(parts) > 1 and parts[1] in WORKER_MODULES:
        return "worker"
    if parts[0] == "__main__":
        return "command"
    return "values" if parts[0] in VALUES else parts[0]


def imports(path: Path) -> Iterator[str]:
    """Modules that a file imports, wherever in it; not those for the type checker only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                candidate = f"{node.module}.{alias.name}"
                yield candidate if _is_module(candidate) else str(node.module)


def _is_module(name: str) -> bool:
    path = REPOSITORY.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def server_modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", server_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_server_imports_downwards(path: Path) -> None:
    name = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
    layer = layer_of(name)
    own, others = LAYERS[layer]
    for module in imports(path):
        top = module.split(".")[0]
        if top == "nst_server":
            wanted = layer_of(module)
            assert module == "nst_server" or wanted in own | {layer}, f"{layer} imports {module}"
        else:
            assert top in others or top in sys.stdlib_module_names, f"{layer} imports {module}"


@pytest.mark.parametrize(
    "path", sorted(PLUG_IN.rglob("*.py")), ids=lambda path: str(path.relative_to(PLUG_IN))
)
def test_plug_in_knows_gimp_and_the_client_only(path: Path) -> None:
    for module in imports(path):
        top = module.split(".")[0]
        if top == "nst_server":
            assert module == "nst_server" or layer_of(module) in {"values", "transfer", "client"}
        else:
            allowed = {"gi", "neural_style_gimp", "zmq"}
            assert top in allowed or top in sys.stdlib_module_names, module


@pytest.mark.parametrize("path", sorted((REPOSITORY / "install").rglob("*.py")), ids=str)
def test_installer_needs_only_the_standard_library(path: Path) -> None:
    reached, waiting = set[Path](), [path]
    while waiting:  # what it imports of ours must not need more either
        current = waiting.pop()
        reached.add(current)
        for module in imports(current):
            top = module.split(".")[0]
            base = REPOSITORY if top == "nst_server" else REPOSITORY / "install"
            found = base.joinpath(*module.split(".")).with_suffix(".py")
            if found.is_file():
                waiting += [found] if found not in reached else []
            else:
                ours = top in {"nst_server", "steps"}
                assert ours or top in sys.stdlib_module_names, f"{current} imports {module}"


def tracked() -> list[Path]:
    """Text files of the repository, new ones too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


def test_locks_name_no_place() -> None:
    locks = sorted((REPOSITORY / "install").glob("*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert not re.search(r"https?:|file:|--index|--find-links|(?m:^-e)|@ ", text), lock
        assert text.count("--hash=sha256:") > 0
        for line in text.splitlines():
            assert re.match(r"[a-z0-9-]+==|    --hash=sha256:", line), f"{lock}: {line}"


def test_no_machine_paths() -> None:
    """No home folder, scratch folder or registry of one machine is written anywhere."""
    everywhere = re.compile(r"/work/|\bpypi\.org")
    product = re.compile(r"/home/|/Users/|/work/|\bpypi\.org")  # tests may invent a home
    found = []
    for path in tracked():
        if path.suffix == ".lock" or path == Path(__file__):
            continue
        pattern = everywhere if "tests" in path.parts else product
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{path}:{number}" for number, line in enumerate(lines, 1) if pattern.search(line)
        ]
    assert not found
