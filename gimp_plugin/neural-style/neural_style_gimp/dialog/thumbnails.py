"""Thumbnails of files, read in a thread so that a window never waits for a large file."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib

Done = Callable[[Any], None]


class Thumbnails:
    """Reads one file after another; the main loop calls ``done``, until `close`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1)
        self._closed = False

    def request(self, path: str, bounds: tuple[int, int], done: Done) -> None:
        """Call ``done`` with a pixbuf of the file within ``bounds``, or None if unreadable.

        A small picture is not enlarged.
        """
        self._threads.submit(self._read, path, bounds, done)

    def close(self) -> None:
        """Stop, without any more calls of ``done``."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, path: str, bounds: tuple[int, int], done: Done) -> None:
        try:
            _, *size = GdkPixbuf.Pixbuf.get_file_info(path)
            if any(side > bound for side, bound in zip(size, bounds, strict=True)):
                picture = GdkPixbuf.Pixbuf.new_from_file_at_scale(path, *bounds, True)
            else:
                picture = GdkPixbuf.Pixbuf.new_from_file(path)
            picture = picture.apply_embedded_orientation()
        except GLib.Error:
            picture = None
        GLib.idle_add(self._tell, done, picture)

    def _tell(self, done: Done, picture: Any) -> bool:
        if not self._closed:
            done(picture)
        return False
