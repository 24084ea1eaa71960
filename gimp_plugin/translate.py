"""Bring the plug-in's catalogues up to date: ``python gimp_plugin/translate.py`` (needs Babel).

Writes the template anew from the sources, takes new messages into each catalogue, forgets those
that are no more, and compiles. A message without a translation then stands in English; to translate
it, fill its ``msgstr`` in and run this again. For another language, copy the template to
``locale/LANGUAGE/LC_MESSAGES/neural-style.po`` first.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

REPOSITORY = Path(__file__).resolve().parent.parent
PLUG_IN = REPOSITORY / "gimp_plugin" / "neural-style"
LOCALE = PLUG_IN / "locale"
TEMPLATE = LOCALE / "neural-style.pot"

SHELL_PACKAGES = {"bench", "command", "pictures"}
"""Packages of ``nst_server`` whose words are read in a shell, never in GIMP."""

MARKS = {
    "_": (0,),
    "N_": (0,),
    "ngettext": (0, 1),
    "_option": (1,),
    "_bad": (0, 1),
    "_no_value": (2,),
    "_not_started": (2,),
    "_unreachable": (0,),
    "NeuralStyleError": (1, 2),
}
"""Functions whose arguments at these places are messages."""


def catalogues() -> list[Path]:
    """The catalogue of each language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/neural-style.po"))


def template() -> Catalog:
    """Every message of the sources, each with the files it is in."""
    made = Catalog(
        project="Neural Style",
        version="for GIMP",
        header_comment="# Messages of Neural Style for GIMP; the same licence as the rest of it.",
        msgid_bugs_address="none",
        last_translator="Neural Style for GIMP contributors",
        language_team="Neural Style for GIMP contributors",
        fuzzy=False,
    )
    for path in _sources():
        place = str(path.relative_to(REPOSITORY).as_posix())
        for line, message in _messages(path):
            # What comes twice is listed once: the file tells enough where to look.
            known = made.get(message)
            if known is None or place not in {name for name, _ in known.locations}:
                made.add(message, locations=[(place, line)])
    return made


def updated(path: Path) -> Catalog:
    """The catalogue at ``path`` with just the messages of the sources."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parent.parent.name)
    catalogue.update(template(), no_fuzzy_matching=True)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The text of a catalogue; without line numbers, which every edit would change."""
    file = io.BytesIO()
    write_po(
        file, catalogue, width=100, include_lineno=False, ignore_obsolete=True, sort_by_file=True
    )
    return file.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """A catalogue as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def undated(text: bytes) -> bytes:
    """``text`` without the dates that Babel writes into every catalogue."""
    return b"\n".join(line for line in text.split(b"\n") if b"-Date: " not in line)


def main() -> int:
    """Write what has changed."""
    files = {TEMPLATE: written(template())}
    for path in catalogues():
        catalogue = updated(path)
        missing = sum(bool(each.id) and not _is_translated(each.string) for each in catalogue)
        print(f"{path.parent.parent.name}: {missing} messages to translate")
        files[path] = written(catalogue)
        files[path.with_suffix(".mo")] = compiled(catalogue)
    for path, text in files.items():
        if not path.is_file() or undated(path.read_bytes()) != undated(text):
            path.write_bytes(text)
            print(path.relative_to(REPOSITORY))
    return 0


def _is_translated(string: Sequence[str] | None) -> bool:
    return bool(string) and all(string or ())


def _sources() -> list[Path]:
    server = REPOSITORY / "nst_server"
    return [
        *sorted((PLUG_IN / "neural_style_gimp").rglob("*.py")),
        *(
            path
            for path in sorted(server.rglob("*.py"))
            if path.relative_to(server).parts[0] not in SHELL_PACKAGES
        ),
    ]


def _messages(path: Path) -> Iterator[tuple[int, str | tuple[str, ...]]]:
    """Line and text of each message; one with a plural is a pair. Raises `ValueError`."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        places = MARKS.get(call.func.id, ())
        texts = [str(each.value) if isinstance(each, ast.Constant) else "" for each in call.args]
        if texts[:1] == ["bad-message"]:  # what only a program hears that speaks wrongly
            continue
        if any(
            isinstance(call.args[place], ast.JoinedStr) for place in places if place < len(texts)
        ):
            raise ValueError(
                f"{path}:{call.lineno}: an f-string is another text each time, which no catalogue "
                "has; name its values in a plain one, and give them as arguments."
            )
        found = tuple(texts[place] for place in places if place < len(texts) and texts[place])
        if call.func.id == "ngettext":
            yield call.lineno, found
        else:
            yield from ((call.lineno, text) for text in found)


if __name__ == "__main__":
    sys.exit(main())
