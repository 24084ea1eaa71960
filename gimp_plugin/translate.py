"""Update the plug-in's catalogs: ``python gimp_plugin/translate.py`` (needs Babel).

Regenerates the template from the sources, adds new messages to each catalog, drops obsolete ones,
and compiles. A message without a translation appears in English; to translate it, fill in its
``msgstr`` and run this again. To add a language, first copy the template to
``locale/LANGUAGE/LC_MESSAGES/neural-style.po``.
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

SHELL_PACKAGES = {"bench", "command", "pictures", "studio"}
"""Packages of ``nst_server`` whose messages are read in a shell or a program, never in GIMP."""

MARKS = {
    "_": (0,),
    "N_": (0,),
    "ngettext": (0, 1),
    "_option": (1,),
    "_bad": (0, 1),
    "_no_value": (2,),
    "_not_started": (2,),
    "unreachable": (0,),
    "NeuralStyleError": (1, 2),
}
"""Functions that take messages, with the positions of those arguments."""


def catalogs() -> list[Path]:
    """Paths of the catalogs, one for each language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/neural-style.po"))


def template() -> Catalog:
    """Catalog of all messages in the sources, each with the files it is in."""
    messages = Catalog(
        project="Neural Style",
        version="for GIMP",
        header_comment="# Messages of Neural Style for GIMP; the same license as the rest of it.",
        msgid_bugs_address="none",
        last_translator="Neural Style for GIMP contributors",
        language_team="Neural Style for GIMP contributors",
        fuzzy=False,
    )
    for path in _sources():
        place = str(path.relative_to(REPOSITORY).as_posix())
        for line, message in _messages(path):
            # A file is listed once for each message: its name is enough to find the place.
            listed = messages.get(message)
            if listed is None or place not in {name for name, _ in listed.locations}:
                messages.add(message, locations=[(place, line)])
    return messages


def updated(path: Path) -> Catalog:
    """The catalog at ``path``, updated to exactly the messages of the sources."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parent.parent.name)
    catalog.update(template(), no_fuzzy_matching=True)
    return catalog


def written(catalog: Catalog) -> bytes:
    """Text of a catalog, without line numbers, which every edit would change."""
    file = io.BytesIO()
    write_po(
        file, catalog, width=100, include_lineno=False, ignore_obsolete=True, sort_by_file=True
    )
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A compiled catalog, as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def undated(text: bytes) -> bytes:
    """``text`` without the dates that Babel writes into every catalog."""
    return b"\n".join(line for line in text.split(b"\n") if b"-Date: " not in line)


def main() -> int:
    """Write the files that have changed."""
    files = {TEMPLATE: written(template())}
    for path in catalogs():
        catalog = updated(path)
        missing = sum(
            bool(message.id) and not _is_translated(message.string) for message in catalog
        )
        print(f"{path.parent.parent.name}: {missing} messages to translate")
        files[path] = written(catalog)
        files[path.with_suffix(".mo")] = compiled(catalog)
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
    """Line and text of each message, a pair if it has a plural. Raises `ValueError`."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        places = MARKS.get(call.func.id, ())
        texts = [str(value.value) if isinstance(value, ast.Constant) else "" for value in call.args]
        if texts[:1] == ["bad-message"]:  # read only by a program that breaks the protocol
            continue
        if any(
            isinstance(call.args[place], ast.JoinedStr) for place in places if place < len(texts)
        ):
            raise ValueError(
                f"{path}:{call.lineno}: an f-string is another text each time, which no catalog "
                "has; name its values in a plain one, and give them as arguments."
            )
        messages = tuple(texts[place] for place in places if place < len(texts) and texts[place])
        if call.func.id == "ngettext":
            yield call.lineno, messages
        else:
            yield from ((call.lineno, text) for text in messages)


if __name__ == "__main__":
    sys.exit(main())
