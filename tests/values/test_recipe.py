"""Recipes: their text, and the texts that version 0.1.0 wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nst_server.pictures.reading import reader
from nst_server.values.recipe import Made, Recipe, RecipeStyle
from nst_server.values.settings import Settings

DATA = Path(__file__).resolve().parents[1] / "data"

PARASITE_OF_0_1_0 = {
    "settings": {"preset": "draft", "strength": 80.0, "seed": 7, "pooling": "average"},
    "styles": {
        "first": {"file": "file:///pictures/painter.png"},
        "second": {"layer": 4},
        "share": 30.0,
        "channel": 3,
    },
    "layer": 2,
    "report": {
        "width": 48,
        "height": 32,
        "worked_width": 64,
        "worked_height": 43,
        "device": "CPU",
        "precision": "float32",
        "backbone": "vgg16",
        "preset": "draft",
        "kept_early": True,
        "prospect": None,
    },
}


def recipe() -> Recipe:
    return Recipe(
        Settings(strength=70),
        (RecipeStyle("file", "a.jpg", 0.7), RecipeStyle("layer", "4", 0.3, 3)),
        "replace",
        layer=2,
        made=Made("vgg16", "float32", "CPU", 512, 384),
        versions=(("neural-style", "0.1.0"),),
    )


def test_a_recipe_survives_its_text() -> None:
    assert Recipe.from_text(recipe().to_text()) == recipe()
    assert recipe().to_text().isascii()


def test_a_result_of_0_1_0_opens() -> None:
    made = Recipe.from_text(reader.recipe(DATA / "painted-0.1.0.png"))
    settings = made.settings
    assert (settings.preset, settings.strength, settings.iterations) == ("draft", 80, 2)
    assert [(style.kind, style.name, style.weight) for style in made.styles] == [
        ("file", "tiny.png", 2.0),
        ("file", "shipwreck.jpg", 1.0),
    ]
    assert made.made is not None
    assert made.made.backbone == "vgg16"
    assert settings.formulation == "relative"


def test_a_layer_of_0_1_0_opens() -> None:
    made = Recipe.from_text(json.dumps(PARASITE_OF_0_1_0))
    assert (made.settings.strength, made.settings.pooling, made.layer) == (80, "average", 2)
    assert made.styles == (
        RecipeStyle("file", "file:///pictures/painter.png", 0.7),
        RecipeStyle("layer", "4", 0.3, 3),
    )
    assert made.made == Made("vgg16", "float32", "CPU", 64, 43, kept_early=True)


def test_classic_of_0_1_0_is_still_the_notebooks() -> None:
    classic = json.dumps({**PARASITE_OF_0_1_0, "settings": {"preset": "classic"}})
    assert Recipe.from_text(classic).settings.formulation == "notebook"


def test_elsewhere_layers_and_channels_mean_nothing() -> None:
    first, second = recipe().portable().styles
    assert first.name == "a.jpg"
    assert (second.name, second.region, second.weight) == ("0", 0, 0.3)
    assert recipe().portable().layer == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"settings": {}}', "null", "[" * 9999])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Recipe.from_text(text)
