"""The catalogues beside the plug-in: current with the sources, and German complete."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings
from nst_server.wire.events import Failed, Painting, Queued, Started
from tests.support import reports

GIMP_PLUGIN = Path(__file__).resolve().parents[2] / "gimp_plugin"
sys.path[:0] = [str(GIMP_PLUGIN), str(GIMP_PLUGIN / "neural-style")]

import translate  # noqa: E402 - found by the line above
from neural_style_gimp import i18n  # noqa: E402
from neural_style_gimp.progress import wording  # noqa: E402

AGAIN = "run: python gimp_plugin/translate.py"
PLACE = re.compile(r"{[^}]*}")


@pytest.fixture
def german() -> Iterator[None]:
    i18n.speak(["de_AT.UTF-8", "de_AT", "de", "C"], translate.LOCALE)
    yield
    i18n.speak([], translate.LOCALE)


def test_the_template_is_current() -> None:
    there = translate.TEMPLATE.read_bytes()
    assert translate.undated(there) == translate.undated(translate.written(translate.template())), (
        AGAIN
    )


@pytest.mark.parametrize("path", translate.catalogs(), ids=lambda path: path.parts[-3])
def test_catalogues_have_just_what_is_in_the_sources(path: Path) -> None:
    assert translate.undated(path.read_bytes()) == translate.undated(
        translate.written(translate.updated(path))
    ), AGAIN
    with path.open("rb") as file:
        compiled = translate.compiled(read_po(file, locale=path.parts[-3]))
    assert translate.undated(path.with_suffix(".mo").read_bytes()) == translate.undated(compiled), (
        AGAIN
    )


def test_german_is_complete() -> None:
    path = translate.LOCALE / "de" / "LC_MESSAGES" / "neural-style.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="de")
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        if isinstance(message.id, tuple):
            assert isinstance(message.string, tuple)
            ids, strings = message.id, message.string
        else:
            assert isinstance(message.id, str) and isinstance(message.string, str)
            ids, strings = (message.id,), (message.string,)
        for english, text in zip(ids, strings, strict=True):
            assert text, english
            assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(english)), text
            assert (text[0], text[-1]).count(" ") == (english[0], english[-1]).count(" "), text
            assert _mnemonics(text) == _mnemonics(english), text
            assert "..." not in text and '"' not in text and "“" not in text, text


def _mnemonics(text: str) -> int:
    """How many letters are underlined; names like ``block1_conv1`` and ``NST_HOME`` have none."""
    return len(re.findall(r"(?<![0-9])(?<![A-Z]{2})_\w", text)) if len(text) < 50 else 0


@pytest.mark.parametrize(("language", "of_gimp"), [("en", "rcls"), ("de", "zcgs")])
def test_no_two_controls_of_the_dialog_have_one_mnemonic(language: str, of_gimp: str) -> None:
    """GIMP's own buttons included, which reset, cancel, load and save."""
    path = translate.LOCALE / "de" / "LC_MESSAGES" / "neural-style.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="de")
    elsewhere = ("plugin.py", "progress/window.py")
    letters = list(of_gimp)
    for message in catalogue:
        name = "" if not message.locations else message.locations[0][0]
        if isinstance(message.id, str) and not name.endswith(elsewhere) and _mnemonics(message.id):
            text = message.string if language == "de" else message.id
            assert isinstance(text, str)
            letters += re.findall(r"_(\w)", text.lower())
    assert len(set(letters)) == len(letters), sorted(letters)


@pytest.mark.usefixtures("german")
def test_what_is_said_while_painting_is_german() -> None:
    now = reports.progress()
    assert wording.doing(Queued(1)) == "Es wird auf 1 anderes Bild gewartet …"
    assert wording.doing(Queued(2)) == "Es wird auf 2 andere Bilder gewartet …"
    assert wording.doing(Painting(now)) == "Stufe 2 von 3, Durchgang 14 von 80"
    assert wording.times(65, now) == "40% fertig, 1 min 05 s vergangen, noch etwa 35 s"
    started = Started("CPU", "float32", "vgg16", 256, 192)
    assert wording.machine(started) == "Auf CPU mit VGG16 in float32"
    assert wording.planned(Settings(), 300, 200) == "Größe: bis 300 × 200, binnen 3 min"
    report = reports.report(512, 384, worked_width=256, worked_height=192)
    assert wording.layer_name("W", report) == "Neural Style: W, Entwurf (gemalt mit 256×192)"
    i18n.speak(["en_GB", "en", "de"], translate.LOCALE)
    assert wording.doing(Queued(0)) == "Loading TensorFlow…", "who prefers English gets it"


@pytest.mark.usefixtures("german")
def test_errors_of_the_server_are_german() -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Settings(size="big")
    error = NeuralStyleError.from_wire(caught.value.to_wire())
    assert error.translated(i18n._) == (
        "'big' ist für size nicht erlaubt. Möglich sind eine Zahl von 64 bis 16384, auto oder full."
    )
    gone = NeuralStyleError("server-gone", "No server is running.", "Start it with 'nst serve'.")
    assert wording.drafting(Failed(gone)) == (
        "Es gibt keinen Entwurf. Es läuft kein Server. Starten Sie ihn mit »nst serve«."
    )
