"""Record of an installation: marks a folder as ours and holds the stamps of complete steps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NAME = "installed.json"


class Manifest:
    """``installed.json`` in ``NST_HOME``, rewritten atomically at every change.

    A step has a stamp only while everything it makes is complete; the stamp is a digest of its
    inputs.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / NAME
        self.exists = self._path.is_file()
        fields: Any = {}
        if self.exists:
            try:
                fields = json.loads(self._path.read_text(encoding="utf-8"))
            except ValueError:
                fields = {}  # every step is done again
        fields = fields if isinstance(fields, dict) else {}
        self.steps: dict[str, str] = dict(fields.get("steps", {}))
        self.plug_ins: list[str] = list(fields.get("plug_ins", []))
        self.pictures: dict[str, str] = dict(fields.get("pictures", {}))
        """Digests of the sample pictures that we made, by path below ``NST_HOME``."""
        self.sandboxes: list[str] = list(fields.get("sandboxes", []))
        """The ``NST_HOME`` of each GIMP in a sandbox."""

    def write(self) -> None:
        """Write the file, creating ``NST_HOME``."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        fields = {
            "steps": self.steps,
            "plug_ins": self.plug_ins,
            "pictures": self.pictures,
            "sandboxes": self.sandboxes,
        }
        part.write_text(json.dumps(fields, indent=1, ensure_ascii=False), encoding="utf-8")
        part.replace(self._path)
        self.exists = True

    def note(self, picture: Path, pixels: bytes) -> None:
        """Record a sample picture that we make."""
        self.pictures[self._name(picture)] = hashlib.sha256(pixels).hexdigest()
        self.write()

    def has_made(self, picture: Path) -> bool:
        """True if we made the picture and it is still there, unchanged."""
        if not picture.is_file():
            return False
        digest = hashlib.sha256(picture.read_bytes()).hexdigest()
        return self.pictures.get(self._name(picture)) == digest

    def _name(self, picture: Path) -> str:
        return picture.relative_to(self._path.parent).as_posix()

    def begin(self, step: str) -> None:
        """Remove the stamp of a step before it changes anything."""
        self.steps.pop(step, None)
        self.write()

    def complete(self, step: str, digest: str) -> None:
        """Set the stamp of a complete step."""
        self.steps[step] = digest
        self.write()


def digest_of(*parts: str, files: Iterable[Path] = ()) -> str:
    """Digest of texts and of files, including their names."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    for path in files:
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0" + path.read_bytes())
    return digest.hexdigest()


def sources(folder: Path) -> list[Path]:
    """Files of a source folder, without the bytecode that Python left there."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )
