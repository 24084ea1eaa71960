"""The connection file: address of the running server of a home, and the keys to use it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nst_server.host.trust import is_private, make_private
from nst_server.values.errors import NeuralStyleError

_KEY_LENGTH = 40
"""Characters of a CURVE key in Z85."""


@dataclass(frozen=True)
class Connection:
    """Contents of the connection file. Its keys are secret: whoever reads them may use the server.

    They are CURVE keys as Z85 text.
    """

    endpoint: str
    protocol: int
    version: str
    pid: int
    started: float
    """Seconds since 1970."""
    server_public: str
    client_public: str
    client_secret: str

    def write(self, path: Path) -> None:
        """Write the file as a whole or not at all, readable by its owner only."""
        make_private(path.parent)
        handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(asdict(self), stream, indent=1)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    @classmethod
    def read(cls, path: Path) -> Connection:
        """Read and check the file.

        A valid file does not mean that the server still runs: only an answered hello does.
        Raises `NeuralStyleError` ``server-gone`` if it is missing, damaged or open to others,
        ``not-authorised`` if this user may not read it.
        """
        try:
            with path.open(encoding="utf-8") as file:
                private = is_private(os.fstat(file.fileno()))
                wire = json.load(file)
        except FileNotFoundError:
            raise NeuralStyleError(
                "server-gone", "No server is running.", "Start it with 'nst serve'."
            ) from None
        except PermissionError:
            raise NeuralStyleError(
                "not-authorised",
                "The server's connection file cannot be read by this user.",
                "It is {path}.",
                path=path,
            ) from None
        except (OSError, ValueError, RecursionError):
            raise _useless(path) from None
        kinds = {"int": int, "float": (int, float), "str": str}
        if not isinstance(wire, dict) or not private:
            raise _useless(path)
        for entry in fields(cls):
            value = wire.get(entry.name)
            if isinstance(value, bool) or not isinstance(value, kinds[str(entry.type)]):  # type: ignore[arg-type]
                raise _useless(path)
        keys = (wire["server_public"], wire["client_public"], wire["client_secret"])
        if not all(len(key) == _KEY_LENGTH and key.isascii() for key in keys):
            raise _useless(path)
        if not wire["endpoint"].startswith("tcp://"):
            raise _useless(path)
        return cls(**{entry.name: wire[entry.name] for entry in fields(cls)})


def _useless(path: Path) -> NeuralStyleError:
    return NeuralStyleError(
        "server-gone",
        "The server's connection file is damaged, so the server cannot be reached.",
        "It is {path}; it is written anew when a server starts.",
        path=path,
    )
