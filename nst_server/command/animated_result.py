"""The result of an animation: every frame painted, and one report of all the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nst_server.animation.painted_frames import painted_frames
from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.picture_file import blend
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing import writer
from nst_server.studio.job_pictures import JobPictures
from nst_server.values.progress import Report
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished
from nst_server.wire.order import Order


@dataclass(frozen=True)
class AnimatedResult:
    """Painted frames, seen through the selection, over those of the animation."""

    animation: AnimationFile
    frames: tuple[Samples, ...]
    finished: Finished
    """The first painting, with the time and the work of all."""

    @classmethod
    def of(
        cls,
        animation: AnimationFile,
        pictures: JobPictures,
        settings: Settings,
        paint: Callable[[Order], Finished],
        begin: Callable[[int, int], None],
    ) -> AnimatedResult:
        """Paint each frame, with the other pictures as they are. Raises what ``paint`` raises.

        ``begin`` is called with the number of each frame, from 1, and how many there are.
        """
        paintings: list[Finished] = []

        def orders() -> Iterator[Order]:
            for number, frame in enumerate(animation.frames, start=1):
                begin(number, len(animation.frames))
                yield replace(pictures, content=frame).order(settings)

        def pixels(order: Order) -> bytes:
            paintings.append(paint(order))
            return bytes(paintings[-1].pixels.read())

        pairs = zip(animation.frames, painted_frames(orders(), pixels), strict=True)
        frames = tuple(blend(frame, painted, pictures.mask) for frame, painted in pairs)
        report = _of_all([painting.report for painting in paintings])
        return cls(animation, frames, replace(paintings[0], report=report))

    @property
    def samples(self) -> Samples:
        """The first frame."""
        return self.frames[0]

    def write(self, path: Path, recipe: str) -> tuple[str, ...]:
        """Write the animation; return sentences on what could not be kept."""
        return writer.write_animation(path, self.frames, self.animation, recipe)


def _of_all(reports: list[Report]) -> Report:
    return replace(
        reports[0],
        seconds=sum(report.seconds for report in reports),
        iterations=sum(report.iterations for report in reports),
        megapixel_iterations=sum(report.megapixel_iterations for report in reports),
    )
