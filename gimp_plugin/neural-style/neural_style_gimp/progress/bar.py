"""Progress in GIMP's own bar, for runs without our windows."""

from __future__ import annotations

from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import Gimp
from neural_style_gimp.progress import wording
from neural_style_gimp.progress.painting import Wish
from nst_server.wire.events import Event, Painting


class ProgressBar:
    """A `Watcher` that wishes nothing: GIMP's Cancel next to its bar ends the whole plug-in."""

    def __init__(self) -> None:
        Gimp.progress_init("Neural Style")

    def starting(self, seconds: float) -> None:
        Gimp.progress_set_text(f"{_('Starting the painting server…')} {wording.duration(seconds)}")
        Gimp.progress_pulse()

    def show(self, event: Event) -> None:
        Gimp.progress_set_text(wording.doing(event))
        if isinstance(event, Painting):
            Gimp.progress_update(event.progress.done)

    def wish(self) -> Wish:
        return Wish.GO_ON
