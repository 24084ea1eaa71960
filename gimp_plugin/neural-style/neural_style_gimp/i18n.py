"""The user's language; knows nothing of GIMP.

What people read is written in English and goes through `_` where it is shown. What is written
where it is not shown, in a table say, is marked by `N_`, and goes through `_` later. Catalogues are
in ``locale/`` beside the plug-in's program; ``gimp_plugin/translate.py`` keeps them current.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

DOMAIN = "neural-style"

_catalogue = gettext.NullTranslations()


def speak(languages: Iterable[str], folder: Path) -> None:
    """Take the first of ``languages`` (``de_DE.UTF-8``, ``de``) that ``folder`` has, or English."""
    global _catalogue
    wanted = list(takewhile(lambda name: not name.startswith(("en", "C")), languages))
    _catalogue = (
        gettext.translation(DOMAIN, folder, wanted, fallback=True)
        if wanted  # for gettext an empty list would be the environment's
        else gettext.NullTranslations()
    )


def _(message: str) -> str:
    """``message`` in the user's language."""
    return _catalogue.gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The form for ``number`` in the user's language."""
    return _catalogue.ngettext(one, many, number)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """``message`` as it is, marked to be translated where it is shown."""
    return message
