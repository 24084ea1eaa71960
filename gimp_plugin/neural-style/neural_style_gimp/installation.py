"""Location of the server's code and of its installation; knows nothing of GIMP."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from neural_style_gimp.i18n import _

if TYPE_CHECKING:
    from nst_server.host.home import Home


def add_server_code(plugin_folder: Path) -> None:
    """Let ``import nst_server`` and ``import zmq`` find the packages installed in ``site/``.

    A checkout has no ``site/``; there the repository's own ``nst_server`` is used.
    """
    site = plugin_folder / "site"
    checkout = plugin_folder.parent.parent
    if site.is_dir():
        sys.path.insert(0, str(site))
    elif (checkout / "nst_server").is_dir():
        sys.path.insert(0, str(checkout))


def home(plugin_folder: Path) -> Home:
    """Return the environment's ``NST_HOME``, else the installer's note of it, else the default.

    In a sandbox the note comes first: the environment's folder is for programs outside.
    """
    from nst_server.host.gimps import note_name, packaging_here
    from nst_server.host.home import Home

    sandbox = packaging_here()
    noted = plugin_folder / "site" / note_name(sandbox)
    if (sandbox or not os.environ.get("NST_HOME")) and noted.is_file():
        text = noted.read_text(encoding="utf-8").strip()
        if text:
            return Home(Path(text))
    return Home.default()


def incomplete(error: ImportError) -> str:
    """Return the message for a missing package that the installer brings."""
    return _(
        "Neural Style is not completely installed ({reason}). "
        "Run `python3 install/install.py` again; `nst doctor` tells more."
    ).format(reason=error)


def log_failure(plugin_folder: Path) -> str:
    """Write the current exception to the plug-in's log, which stays small; return its place."""
    logger = logging.getLogger("neural_style_gimp")
    logger.propagate = False
    handler: logging.Handler
    try:
        logs = home(plugin_folder).logs
        logs.mkdir(parents=True, exist_ok=True)
        path = logs / "plugin.log"
        handler = RotatingFileHandler(path, maxBytes=2**20, backupCount=1, encoding="utf-8")
        where = str(path)
    except (ImportError, OSError):
        handler, where = logging.StreamHandler(), _("The terminal that GIMP was started from")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    logger.exception("Neural Style failed unexpectedly.")
    logger.removeHandler(handler)
    handler.close()
    return where
