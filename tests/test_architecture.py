"""Imports go one way, and nothing in the repository belongs to one machine or registry."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "nst_server"
PLUG_IN = REPOSITORY / "gimp_plugin" / "neural-style"

MAY_IMPORT: dict[str, tuple[str, str]] = {
    # package: (packages of our own, packages of others); each may import itself
    "nst_server": ("studio", ""),  # when it is asked for
    "nst_server.values": ("", ""),
    "nst_server.host": ("values", ""),
    "nst_server.wire": ("values host", ""),
    "nst_server.client": ("values host wire", "zmq"),
    "nst_server.broker": ("values host wire", "zmq"),
    "nst_server.pictures": ("values", "numpy PIL imagecodecs"),
    "nst_server.pictures.reading": ("values pictures", "numpy PIL imagecodecs tifffile"),
    "nst_server.pictures.writing": ("values pictures", "numpy PIL imagecodecs tifffile"),
    "nst_server.animation": ("values wire", "numpy"),
    "nst_server.engine": (
        "values host engine.planning engine.canvas engine.network engine.losses engine.objective "
        "engine.optimizers",
        "numpy tensorflow",
    ),
    "nst_server.engine.planning": ("values host", "tensorflow"),
    "nst_server.engine.canvas": ("values engine.planning", "numpy tensorflow"),
    "nst_server.engine.network": ("values", "numpy tensorflow h5py"),
    "nst_server.engine.losses": ("values engine.network", "numpy tensorflow"),
    "nst_server.engine.objective": (
        "values engine.planning engine.canvas engine.network engine.losses",
        "tensorflow",
    ),
    "nst_server.engine.optimizers": ("engine.canvas engine.network", "numpy tensorflow"),
    "nst_server.worker": ("values host wire animation engine engine.canvas", "numpy zmq"),
    "nst_server.studio": (
        "values host wire client pictures pictures.reading worker engine",
        "numpy PIL",
    ),
    "nst_server.cluster": ("values host wire studio", "dask distributed"),
    "nst_server.bench": (
        "values host wire client broker pictures animation worker engine studio cluster "
        "engine.planning engine.canvas engine.network engine.losses engine.objective "
        "engine.optimizers",
        "numpy PIL rich tensorflow keras distributed",
    ),
    "nst_server.command": (
        "values host wire client broker pictures pictures.reading pictures.writing animation "
        "worker engine engine.canvas studio cluster bench",
        "numpy PIL rich markdown_it",
    ),
}
"""One line a package; the folder says which package a module belongs to."""

PLUG_IN_MAY_IMPORT: dict[str, tuple[str, str]] = {
    # package: (packages of the plug-in, packages of others), beside those of `SHARED`
    "neural_style_gimp": ("image request progress placing dialog", "gi zmq"),
    "neural_style_gimp.image": ("", "gi"),
    "neural_style_gimp.request": ("image", ""),
    "neural_style_gimp.progress": ("image", "gi"),
    "neural_style_gimp.placing": ("image request progress", ""),
    "neural_style_gimp.dialog": ("image request progress", "gi"),
}
SHARED = {
    "nst_server",
    "nst_server.values",
    "nst_server.host",
    "nst_server.wire",
    "nst_server.client",
}
"""Packages of the server's code that the plug-in may import."""


def package_of(module: str) -> str:
    """The package that a module lies in; a package's own name for its ``__init__``."""
    root = REPOSITORY if module.startswith("nst_server") else PLUG_IN
    path = root.joinpath(*module.split("."))
    return module if path.is_dir() else module.rpartition(".")[0]


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
    root = PLUG_IN if name.startswith("neural_style_gimp") else REPOSITORY
    path = root.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def modules(root: Path, top: str) -> list[tuple[str, Path]]:
    """Dotted name and file of every module below ``top``."""
    files = sorted((root / top).rglob("*.py"))
    return [
        (".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"), file)
        for file in files
    ]


SERVER_MODULES = modules(REPOSITORY, "nst_server")
PLUG_IN_MODULES = modules(PLUG_IN, "neural_style_gimp")


@pytest.mark.parametrize(("name", "path"), SERVER_MODULES, ids=[name for name, _ in SERVER_MODULES])
def test_server_imports_downwards(name: str, path: Path) -> None:
    package = "nst_server.command" if name == "nst_server.__main__" else package_of(name)
    own, others = MAY_IMPORT[package]
    allowed = {"nst_server", package, *(f"nst_server.{each}" for each in own.split())}
    for module in imports(path):
        top = module.split(".")[0]
        if top == "nst_server":
            assert package_of(module) in allowed, f"{name} imports {module}"
        else:
            known = top in others.split() or top in sys.stdlib_module_names
            assert known, f"{name} imports {module}"


@pytest.mark.parametrize(
    ("name", "path"), PLUG_IN_MODULES, ids=[name for name, _ in PLUG_IN_MODULES]
)
def test_plug_in_imports_downwards(name: str, path: Path) -> None:
    package = package_of(name)
    own, others = PLUG_IN_MAY_IMPORT[package]
    allowed = {package, *(f"neural_style_gimp.{each}" for each in own.split()), *SHARED}
    for module in imports(path):
        top = module.split(".")[0]
        if top in {"nst_server", "neural_style_gimp"}:
            if module == "neural_style_gimp.i18n":
                continue  # everything that speaks to people
            assert package_of(module) in allowed, f"{name} imports {module}"
        else:
            known = top in others.split() or top in sys.stdlib_module_names
            assert known, f"{name} imports {module}"


def test_no_two_modules_have_the_same_name() -> None:
    """A name says which module is meant, wherever it stands."""
    paths = [path for _, path in (*SERVER_MODULES, *PLUG_IN_MODULES)]
    paths += (REPOSITORY / "install").rglob("*.py")
    paths.append(REPOSITORY / "gimp_plugin" / "translate.py")
    names = Counter(path.stem for path in paths if not path.stem.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_public_classes_have_the_same_name() -> None:
    paths = [path for _, path in (*SERVER_MODULES, *PLUG_IN_MODULES)]
    paths += (REPOSITORY / "install").rglob("*.py")
    names = Counter(
        node.name
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


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


def test_pictures_have_one_way_in() -> None:
    """Whoever decodes people's files elsewhere would have to know what decoders raise."""
    decoding = re.compile(r"Image\.open\(|_decode\(|tifffile\.imread\(")
    elsewhere = [
        str(path.relative_to(REPOSITORY))
        for path in PACKAGE.rglob("*.py")
        if decoding.search(path.read_text(encoding="utf-8"))
        and path.parent not in (PACKAGE / "pictures" / "reading", PACKAGE / "bench")
    ]
    assert elsewhere == []
