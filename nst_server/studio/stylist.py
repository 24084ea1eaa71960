"""Style transfer from Python: `stylize` for one picture, `Stylist` for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np
from PIL import Image

from nst_server.host.home import Home
from nst_server.pictures.picture_file import PictureFile
from nst_server.studio.backend import Events, backend_for
from nst_server.studio.forms import Array, ImageOrPath, Picture, taken, taken_mask
from nst_server.studio.job_pictures import JobPictures, StyleInput
from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Progress, Report
from nst_server.values.settings import Settings
from nst_server.wire.events import Failed, Finished, Painting

Result = TypeVar("Result")
SameArray = TypeVar("SameArray", bound=Array)


class Stylization(Generic[Result]):
    """A painting under way: iterate over its `Progress`, or take its `result`, which waits."""

    def __init__(self, events: Events, give_back: Callable[[Finished], Result]) -> None:
        self._events = events
        self._give_back = give_back
        self._result: Result | None = None
        self.preview: Image.Image | None = None
        """The painting as it was lately, reduced; None before the first is there."""
        self.report: Report | None = None
        """Facts about the finished painting; None before."""

    def __iter__(self) -> Iterator[Progress]:
        return self

    def __next__(self) -> Progress:
        """Wait for the next step. Raises `NeuralStyleError` if the painting failed."""
        for event in self._events:
            if isinstance(event, Painting):
                self._show(event)
                return event.progress
            if isinstance(event, Finished):
                self._result, self.report = self._give_back(event), event.report
                self._events.close()
            if isinstance(event, Failed):
                self._events.close()
                raise event.error
        raise StopIteration

    @property
    def result(self) -> Result:
        """The painting, in the form of the photograph. Raises `NeuralStyleError` if it failed."""
        for _ in self:
            pass
        if self._result is None:
            raise NeuralStyleError("cancelled", "The painting was given up.")
        return self._result

    def close(self) -> None:
        """Give up the painting, unless it is finished."""
        self._events.close()

    def _show(self, painting: Painting) -> None:
        if painting.preview is not None:
            progress = painting.progress
            shape = progress.preview_height, progress.preview_width, 3
            self.preview = Image.fromarray(np.frombuffer(painting.preview, np.uint8).reshape(shape))


class Stylist:
    """Paints one photograph after the other in the same style; a context manager.

    Styles are read once, and the session with the server, or the engine, stays. For one thread,
    and one painting at a time.
    """

    def __init__(
        self,
        style: Picture | Sequence[Picture],
        *,
        weights: Sequence[float] = (),
        local: bool = False,
        home: str | Path | None = None,
        preset: str = "standard",
        **options: Any,
    ) -> None:
        """Read one style or several, mixed by ``weights``, and check the options.

        ``options`` are the fields of `Settings`. The server of ``home`` (by default
        ``NST_HOME``) paints, or with ``local`` this process. Raises `NeuralStyleError`.
        """
        self.settings = Settings.of_preset(preset, **options)
        styles = _several(style)
        if weights and len(weights) != len(styles):
            raise NeuralStyleError(
                "bad-usage",
                "There are {styles} styles and {weights} weights.",
                "Give one for each style, or none.",
                styles=len(styles),
                weights=len(weights),
            )
        self._styles = tuple(
            StyleInput(taken(picture)[0], float(weight))
            for picture, weight in zip(styles, weights or [1.0] * len(styles), strict=True)
        )
        self._backend = backend_for(Home.default() if home is None else Home(Path(home)), local)
        self._under_way: Stylization[Any] | None = None

    def __enter__(self) -> Stylist:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @overload
    def start(
        self, photo: SameArray, mask: Picture | None = None, first: Picture | None = None
    ) -> Stylization[SameArray]: ...

    @overload
    def start(
        self, photo: ImageOrPath, mask: Picture | None = None, first: Picture | None = None
    ) -> Stylization[Image.Image]: ...

    def start(
        self, photo: Picture, mask: Picture | None = None, first: Picture | None = None
    ) -> Stylization[Any]:
        """Begin a painting; one that was begun before and is not finished is given up.

        ``mask`` is white where the photograph may change; the painting starts from ``first``, if
        that is given. Raises `NeuralStyleError`.
        """
        if self._under_way is not None:
            self._under_way.close()
        content, in_form = taken(photo)
        selection: PictureFile | None = None
        if mask is not None:
            selection = taken_mask(mask, content.shape.width, content.shape.height)
        init = None if first is None else taken(first)[0]
        settings = self.settings if init is None else replace(self.settings, init="picture")
        pictures = JobPictures(content, self._styles, selection, init)
        events = self._backend.run(pictures.order(settings))
        self._under_way = Stylization(events, lambda event: in_form(pictures.result(event)))
        return self._under_way

    @overload
    def paint(
        self,
        photo: SameArray,
        mask: Picture | None = None,
        first: Picture | None = None,
        progress: Callable[[Progress], object] | None = None,
    ) -> SameArray: ...

    @overload
    def paint(
        self,
        photo: ImageOrPath,
        mask: Picture | None = None,
        first: Picture | None = None,
        progress: Callable[[Progress], object] | None = None,
    ) -> Image.Image: ...

    def paint(
        self,
        photo: Picture,
        mask: Picture | None = None,
        first: Picture | None = None,
        progress: Callable[[Progress], object] | None = None,
    ) -> Any:
        """Return the painting in the form of the photograph, as `start` and then its ``result``.

        ``progress`` is called with each step, up to ten times a second.
        """
        stylization = self.start(photo, mask, first)
        for step in stylization:
            if progress is not None:
                progress(step)
        return stylization.result

    def close(self) -> None:
        """Give up a painting under way, and end the session."""
        if self._under_way is not None:
            self._under_way.close()
        self._backend.close()


@overload
def stylize(
    photo: SameArray,
    style: Picture | Sequence[Picture],
    *,
    mask: Picture | None = None,
    first: Picture | None = None,
    progress: Callable[[Progress], object] | None = None,
    weights: Sequence[float] = (),
    local: bool = False,
    home: str | Path | None = None,
    preset: str = "standard",
    **options: Any,
) -> SameArray: ...


@overload
def stylize(
    photo: ImageOrPath,
    style: Picture | Sequence[Picture],
    *,
    mask: Picture | None = None,
    first: Picture | None = None,
    progress: Callable[[Progress], object] | None = None,
    weights: Sequence[float] = (),
    local: bool = False,
    home: str | Path | None = None,
    preset: str = "standard",
    **options: Any,
) -> Image.Image: ...


def stylize(
    photo: Picture,
    style: Picture | Sequence[Picture],
    *,
    mask: Picture | None = None,
    first: Picture | None = None,
    progress: Callable[[Progress], object] | None = None,
    **options: Any,
) -> Any:
    """Paint a photograph in a style, and return it in the form that it came in.

    A Pillow image gives one of the same mode (RGB where it can hold no painting), an array gives
    one of the same type and channels, a path gives a Pillow image; all in sRGB. ``options`` are
    those of `Stylist`, ``mask``, ``first`` and ``progress`` those of `Stylist.paint`. Raises
    `NeuralStyleError`.
    """
    with Stylist(style, **options) as stylist:
        return stylist.paint(photo, mask, first, progress)


def _several(style: Picture | Sequence[Picture]) -> Sequence[Picture]:
    return style if isinstance(style, list | tuple) else [style]  # type: ignore[list-item]
