"""A trial from the Python that GIMP starts plug-ins with, for ``nst doctor``."""

from __future__ import annotations

import json
from pathlib import Path

from neural_style_gimp import installation


def main(folder: Path) -> None:
    """Print a JSON object: ``ok``, and a failure's ``sentence`` and ``hint``.

    ``folder`` is the plug-in's.
    """
    installation.add_server_code(folder)
    try:
        from nst_server.values.errors import NeuralStyleError
    except ImportError as error:
        _tell(sentence=installation.incomplete(error))
        return
    try:
        _paint(folder)
    except NeuralStyleError as error:
        _tell(sentence=error.sentence, hint=error.hint)
    except ImportError as error:
        _tell(sentence=installation.incomplete(error))
    else:
        _tell()


def _paint(folder: Path) -> None:
    """Import all that the plug-in does, and paint. Raises `NeuralStyleError` or `ImportError`."""
    from neural_style_gimp import run  # noqa: F401
    from neural_style_gimp.progress.painting import connected
    from nst_server.client.trial import try_out

    with connected(installation.home(folder), lambda seconds: None) as client:
        try_out(client)


def _tell(**failure: str) -> None:
    print(json.dumps({"ok": not failure, **failure}))
