"""``nst weights``: list the networks, or fetch the better one."""

from __future__ import annotations

import sys

from nst_server.host import weight_files
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError

_TIMEOUT = 15.0


def show(home: Home) -> int:
    """Print one line for each network; return exit code 3 if none is usable."""
    available = weight_files.available(home.weights)
    usable = 0
    for backbone in weight_files.BACKBONES:
        if backbone not in available:
            print(f"{backbone}: not installed")
            continue
        try:
            weight_files.verify(backbone, available[backbone])
        except NeuralStyleError as error:
            print(f"{backbone}: {error}")
        else:
            usable += 1
            print(f"{backbone}: {available[backbone]}")
    return 0 if usable else NeuralStyleError("weights-missing", "").exit_code


def fetch(home: Home) -> int:
    """Fetch VGG19's weights. Raises `NeuralStyleError` ``weights-missing``."""
    print(weight_files.fetch_vgg19(home.weights, _TIMEOUT, _show if sys.stderr.isatty() else None))
    return 0


def _show(done: int, total: int) -> None:
    share = f"{100 * done / total:3.0f} %" if total else ""
    print(f"\r{done / 1e6:6.1f} MB {share}", end="\n" if done == total else "", file=sys.stderr)
