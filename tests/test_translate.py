"""Which texts of the sources are found to be translated, and that what is said can be."""

from __future__ import annotations

import gettext
import json
from pathlib import Path

import pytest
import translate

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import PictureShape

GERMAN = translate.LOCALE / "de" / "LC_MESSAGES" / "neural-style.mo"


def messages(folder: Path, source: str) -> list[object]:
    path = folder / "source.py"
    path.write_text(source, encoding="utf-8")
    return [message for _, message in translate._messages(path)]


def test_plain_texts_are_found(tmp_path: Path) -> None:
    assert messages(tmp_path, '_("One."); ngettext("A", "B", number)') == ["One.", ("A", "B")]
    said = 'NeuralStyleError("internal", "No {file}.", "Make {file}.", file=f"{name}.png")'
    assert messages(tmp_path, said) == ["No {file}.", "Make {file}."]


@pytest.mark.parametrize(
    "source",
    [
        '_(f"No {file}.")',
        'ngettext("One file", f"{number} files", number)',
        'NeuralStyleError("internal", f"No {file}.")',
        'NeuralStyleError("internal", "No file.", "Make " f"{file}.")',
    ],
)
def test_an_f_string_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ValueError, match=r"source\.py:1: an f-string"):
        messages(tmp_path, source)


def test_what_only_programs_hear_is_left_out(tmp_path: Path) -> None:
    assert messages(tmp_path, 'NeuralStyleError("bad-message", f"No {kind}.")') == []


def test_the_sources_can_be_translated() -> None:
    assert len(translate.template()) > 200


def test_what_came_over_the_wire_is_said_in_german() -> None:
    with pytest.raises(NeuralStyleError) as caught:
        PictureShape.from_wire({"width": 9, "height": 9, "channels": 2, "sample": "uint8"})
    error = NeuralStyleError.from_wire(json.loads(json.dumps(caught.value.to_wire())))
    assert str(error) == "Pixels of 2 channels of 'uint8' are not understood."
    with GERMAN.open("rb") as file:
        german = gettext.GNUTranslations(file)
    assert error.translated(german.gettext) == (
        "Pixel mit 2 Kanälen vom Typ 'uint8' sind nicht verständlich."
    )
