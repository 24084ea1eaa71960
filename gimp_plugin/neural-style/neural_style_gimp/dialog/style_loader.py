"""Load the picture of the latest style that was chosen, without blocking the dialog."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import PurePath
from threading import Thread
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib

from neural_style_gimp.image.pixbufs import raster_of
from neural_style_gimp.request.style_source import (
    FileStyle,
    LayerStyle,
    PatternStyle,
    StylePicture,
    StyleSource,
    file_name,
    layer_steps,
    load_style,
)
from nst_server.values.errors import NeuralStyleError

SIDE = 512
"""Longest side of a style's picture, enough for a draft and a thumbnail."""


class StyleLoader:
    """Calls ``told`` with the picture of the latest style requested, or with an error.

    A file that GdkPixbuf can read is read in a thread, a layer in steps between the user's events.
    Other files are read by GIMP itself, which blocks for as long as it takes.
    """

    def __init__(self, told: Callable[[StylePicture | NeuralStyleError], None]) -> None:
        self._told = told
        self._latest = 0

    def load(self, style: StyleSource | None) -> None:
        """Forget the previous request; load ``style``, if it is not None."""
        self._latest += 1
        match style:
            case FileStyle(file=file):
                # In a thread: the dialog must go on, and a large photograph takes a second.
                Thread(target=self._read, args=(style, file, self._latest), daemon=True).start()
            case LayerStyle(layer=layer):
                GLib.idle_add(self._step, layer_steps(layer, SIDE), self._latest)
            case PatternStyle():
                GLib.idle_add(self._ask_gimp, style, self._latest)

    def _read(self, style: FileStyle, file: Any, number: int) -> None:
        picture = _quickly_read(file)
        if picture is None:
            GLib.idle_add(self._ask_gimp, style, number)
        else:
            GLib.idle_add(self._tell, picture, number)

    def _ask_gimp(self, style: StyleSource, number: int) -> bool:
        if number == self._latest:
            try:
                self._told(load_style(style, SIDE))
            except NeuralStyleError as error:
                self._told(error)
        return False

    def _step(self, steps: Generator[None, None, StylePicture], number: int) -> bool:
        """Do one step; return True if there is more to do."""
        if number != self._latest:
            steps.close()
            return False
        try:
            next(steps)
        except StopIteration as end:
            self._told(end.value)
            return False
        except NeuralStyleError as error:
            self._told(error)
            return False
        return True

    def _tell(self, picture: StylePicture, number: int) -> bool:
        if number == self._latest:
            self._told(picture)
        return False


def _quickly_read(file: Any) -> StylePicture | None:
    """The style at a draft's size; None if only GIMP can read it. Uses neither GIMP nor GTK."""
    path = file.get_path()
    if path is None:
        return None
    try:
        _, width, height = GdkPixbuf.Pixbuf.get_file_info(path)
        if max(width, height) > SIDE:
            picture = GdkPixbuf.Pixbuf.new_from_file_at_size(path, SIDE, SIDE)
        else:
            picture = GdkPixbuf.Pixbuf.new_from_file(path)
    except GLib.Error:
        return None
    if picture.get_option("icc-profile") is not None:
        return None  # GdkPixbuf does not convert its colors
    picture = picture.apply_embedded_orientation()
    return StylePicture(PurePath(file_name(file)).stem, raster_of(picture))
