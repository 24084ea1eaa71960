"""The user's language; knows nothing of GIMP.

Texts for people are written in English and go through `_` where they are shown. A text that is
written elsewhere, in a table for example, is marked by `N_` and goes through `_` later. Catalogs
are in ``locale/`` beside the plug-in's program; ``gimp_plugin/translate.py`` keeps them current.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

DOMAIN = "neural-style"

_catalog = gettext.NullTranslations()


def speak(languages: Iterable[str], folder: Path) -> None:
    """Use the first of ``languages`` (``de_DE.UTF-8``, ``de``) that ``folder`` has, or English."""
    global _catalog
    wanted = list(takewhile(lambda name: not name.startswith(("en", "C")), languages))
    _catalog = (
        gettext.translation(DOMAIN, folder, wanted, fallback=True)
        if wanted  # for gettext an empty list would be the environment's
        else gettext.NullTranslations()
    )


def _(message: str) -> str:
    """Return ``message`` in the user's language."""
    return _catalog.gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form for ``number`` in the user's language."""
    return _catalog.ngettext(one, many, number)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """Return ``message`` unchanged: it is marked here, and translated where it is shown."""
    return message
