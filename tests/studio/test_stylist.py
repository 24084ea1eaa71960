"""Painting from Python: one picture, many, step by step, and what goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from nst_server import Stylist, stylize
from nst_server.client.session import Client, stop_server
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Progress
from tests.support.servers import eventually

Pixels = npt.NDArray[np.uint8]

QUICK: dict[str, Any] = {"preset": "draft", "iterations": 2, "size": 64, "coarsest": 0}

engine = pytest.mark.engine


def test_import_is_cheap() -> None:
    """The plug-in imports the package in GIMP's Python, which has neither numpy nor Pillow."""
    script = "import sys, nst_server; print({name.split('.')[0] for name in sys.modules})"
    names = subprocess.check_output([sys.executable, "-S", "-c", script], text=True)
    assert not {"numpy", "PIL", "zmq", "tensorflow"} & eval(names)
    script = "import sys; from nst_server import stylize; print('tensorflow' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "False\n"


@engine
def test_an_array_gives_an_array(painting_home: Path, photo: Pixels, style: Pixels) -> None:
    steps: list[Progress] = []
    painted = stylize(photo, style, home=painting_home, progress=steps.append, **QUICK)
    assert (painted.shape, painted.dtype) == (photo.shape, photo.dtype)
    assert np.abs(painted.astype(int) - photo).mean() > 2
    assert steps[-1].done == 1
    floats = stylize(photo / 255, Image.fromarray(style), home=painting_home, **QUICK)
    assert floats.dtype == np.float64
    assert np.abs(floats * 255 - painted).max() < 2


@engine
def test_many_pictures_in_one_session(painting_home: Path, photo: Pixels, style: Pixels) -> None:
    with Stylist([style, photo], weights=[2, 1], home=painting_home, **QUICK) as stylist:
        first = stylist.paint(photo)
        with Client.connect(Home(painting_home)) as client:
            worker = client.status()["worker"]["pid"]
        stop_server(Home(painting_home))  # as if it had ended by itself
        again = stylist.paint(Image.fromarray(photo))
        assert isinstance(again, Image.Image)
        np.testing.assert_array_equal(np.asarray(again), first)
        with Client.connect(Home(painting_home)) as client:
            assert client.status()["worker"]["pid"] != worker


@engine
def test_steps_previews_and_the_report(painting_home: Path, photo: Pixels, style: Pixels) -> None:
    with Stylist(style, home=painting_home, **QUICK) as stylist:
        painting = stylist.start(photo)
        assert [step.done for step in painting][-1] == 1
        assert painting.preview is not None
        assert painting.report is not None
        assert painting.report.preset == "draft"
        np.testing.assert_array_equal(painting.result, stylist.paint(photo))


@engine
def test_the_engine_in_this_process_paints_the_same(
    painting_home: Path, photo: Pixels, style: Pixels
) -> None:
    served = stylize(photo, style, home=painting_home, **QUICK)
    with Stylist(style, home=painting_home, local=True, **QUICK) as stylist:
        np.testing.assert_array_equal(stylist.paint(photo), served)
        np.testing.assert_array_equal(stylist.paint(photo), served)


@engine
def test_a_mask_and_a_picture_to_start_from(
    painting_home: Path, photo: Pixels, style: Pixels
) -> None:
    mask = np.zeros(photo.shape[:2], bool)
    mask[20:50, 30:70] = True
    with Stylist(style, home=painting_home, **QUICK) as stylist:
        painted = stylist.paint(photo, mask=mask)
        np.testing.assert_array_equal(painted[~mask], photo[~mask])
        assert (painted[mask] != photo[mask]).any()
        begun = stylist.paint(photo, first=style)
        assert (begun != stylist.paint(photo)).any()


@engine
def test_a_painting_that_is_given_up_is_cancelled(
    painting_home: Path, photo: Pixels, style: Pixels
) -> None:
    long = {**QUICK, "iterations": 5000}
    with Stylist(style, home=painting_home, **long) as stylist:
        painting = stylist.start(photo)
        next(painting)
        painting.close()
        with pytest.raises(NeuralStyleError, match="given up"):
            _ = painting.result
        next(stylist.start(photo))  # given up by the next line

    def idle() -> bool:
        with Client.connect(Home(painting_home)) as client:
            return not client.status()["jobs"]

    eventually(idle)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preset": "quick"}, "There is no preset 'quick'."),
        ({"iteration": 3}, "There is no setting 'iteration'."),
        ({"size": 3}, "3 is not allowed for size."),
        ({"weights": [1, 2]}, "There are 1 styles and 2 weights."),
    ],
)
def test_wrong_options_get_a_sentence(style: Pixels, options: dict[str, Any], words: str) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Stylist(style, **options)
    assert caught.value.sentence == words
