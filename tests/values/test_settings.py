"""One definition of every option: ranges, presets, the wire, and who is made from it."""

from __future__ import annotations

import argparse
import dataclasses
import json

import pytest

from nst_server.command.arguments import add_stylize, settings_from
from nst_server.values.errors import EXIT_CODES, NeuralStyleError
from nst_server.values.job import Job, JobHeader, JobStyle, PictureShape
from nst_server.values.settings import OPTIONS, PRESETS, Settings


def parse(*flags: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_stylize(parser)
    return settings_from(parser.parse_args(["in.png", "--style", "s.png", "-o", "o.png", *flags]))


def test_every_option_has_a_flag_help_and_a_range() -> None:
    for name, option in OPTIONS.items():
        assert option.help.endswith("."), name
        free = option.kind is bool or option.default == ""
        assert free or option.choices or option.minimum is not None, name
        if option.kind is not bool:
            flag = f"--{name.replace('_', '-')}"
            assert getattr(parse(flag, str(option.default)), name) == option.default


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_values_that_survive_the_wire(preset: str) -> None:
    settings = PRESETS[preset]
    assert settings.preset == preset
    assert Settings.from_wire(json.loads(json.dumps(settings.to_wire()))) == settings
    assert parse("--preset", preset) == settings


def test_flags_change_the_preset() -> None:
    settings = parse("--preset", "draft", "--strength", "70", "--size", "full")
    assert settings == dataclasses.replace(PRESETS["draft"], strength=70.0, size="full")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("strength", "strong", "0 to 100"),
        ("strength", 101, "0 to 100"),
        ("strength", float("nan"), "0 to 100"),
        ("strength", True, "0 to 100"),
        ("seed", 1.5, "0 to"),
        ("size", "big", "auto or full"),
        ("size", 10, "auto or full"),
        ("colors", "mine", "style, content"),
        ("preset", "best", "draft, standard"),
        ("sizes", 1, "no setting 'sizes'"),
        ("strength", [1], "0 to 100"),
        ("colors", [], "style, content"),
    ],
)
def test_a_wrong_value_gets_a_sentence_with_what_is_allowed(
    name: str, value: object, allowed: str
) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Settings.from_wire({name: value})
    assert caught.value.code == "bad-settings"
    assert allowed in str(caught.value)


def job() -> JobHeader:
    return Job(
        Settings(strength=33),
        PictureShape(30, 20, 4, "uint16"),
        (JobStyle(PictureShape(10, 12, 3, "uint8"), 0.5),),
        PictureShape(30, 20, 1, "uint8"),
    )


def test_a_job_survives_the_wire() -> None:
    assert Job.from_wire(json.loads(json.dumps(job().to_wire()))) == job()
    assert job().size_in_bytes == 30 * 20 * (8 + 1) + 10 * 12 * 3


@pytest.mark.parametrize(
    "broken",
    [
        {"content": {"width": 0, "height": 5, "channels": 3, "sample": "uint8"}},
        {"content": {"width": 5, "height": 1e9, "channels": 3, "sample": "uint8"}},
        {"content": {"width": 5, "height": 5, "channels": 2, "sample": "uint8"}},
        {"content": {"width": 5, "height": 5, "channels": 3, "sample": "int3"}},
        {"content": {"width": 5, "height": 5, "channels": 3, "sample": []}},
        {"content": None},
        {"mask": {"width": 29, "height": 20, "channels": 1, "sample": "uint8"}},
        {"styles": []},
        {"styles": "s.png"},
        {"styles": [{"picture": PictureShape(4, 4, 3, "uint8").to_wire(), "weight": -1}]},
        {"styles": [{"picture": PictureShape(4, 4, 3, "uint8").to_wire(), "weight": 0}]},
        {"styles": [{"picture": PictureShape(4, 4, 1, "uint8").to_wire()}]},
        {"settings": 3},
    ],
)
def test_a_broken_job_gets_a_sentence(broken: dict[str, object]) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Job.from_wire({**job().to_wire(), **broken})
    assert caught.value.code in ("bad-image", "bad-settings")


def test_errors_survive_the_wire() -> None:
    for code in EXIT_CODES:
        error = NeuralStyleError(code, "A sentence.", "A hint.")
        again = NeuralStyleError.from_wire(json.loads(json.dumps(error.to_wire())))
        assert (again.code, str(again)) == (code, "A sentence. A hint.")
    assert NeuralStyleError.from_wire({"code": "of tomorrow"}).code == "internal"
    assert NeuralStyleError.from_wire(None).code == "internal"


def test_an_error_with_values_is_translated_at_the_other_end() -> None:
    error = NeuralStyleError("unwritable", "No way to {path}.", "Ask {who}.", path="/a", who="{b}")
    assert str(error) == "No way to /a. Ask {b}."
    again = NeuralStyleError.from_wire(json.loads(json.dumps(error.to_wire())))
    assert (again.code, again.sentence, again.hint) == ("unwritable", "No way to /a.", "Ask {b}.")
    german = {"No way to {path}.": "Kein Weg nach {path}.", "Ask {who}.": "Fragen Sie {who}."}
    assert again.translated(german.__getitem__) == "Kein Weg nach /a. Fragen Sie {b}."


def test_a_strangers_error_is_only_text() -> None:
    wire = {"code": "?", "sentence": "{a:>999999999}{a.b}", "values": {"a": 1, "code": 2}}
    error = NeuralStyleError.from_wire(wire)
    assert (error.code, str(error)) == ("internal", "{a:>999999999}{a.b}")
    assert str(NeuralStyleError.from_wire({"values": 3})).endswith("description.")
