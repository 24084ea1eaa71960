"""``programs``: programs that 200 photographs share, and the work that their buckets add."""

from __future__ import annotations

from nst_server.bench.benchmark import Benchmark, Figures, Options, Row
from nst_server.bench.photographs import photographs
from nst_server.engine.planning import schedule
from nst_server.engine.planning.widths import fast_width
from nst_server.values.settings import Settings

_SIDES = (384, 512, 768, 1024)
"""Longest sides, in pixels, that people paint at."""


def shared(longest: int) -> Figures:
    """Count the programs of all scales of all photographs at that size, and compare their work.

    The work without buckets is that of a margin of one width everywhere, but for fast widths.
    """
    settings = Settings.of_preset("standard", size=longest)
    programs: set[tuple[int, int]] = set()
    tight_programs: set[tuple[int, int]] = set()
    added: list[float] = []
    work = tight_work = 0.0
    for photograph in photographs():
        size = schedule.working_size(*photograph, settings, affordable=1)
        scales = schedule.scales(*size, settings)
        tight = [
            _tight(*inside, scale)
            for inside, scale in zip(schedule.sizes(*size, settings), scales, strict=True)
        ]
        programs |= {scale.painted for scale in scales}
        tight_programs |= {scale.painted for scale in tight}
        now = sum(scale.megapixel_iterations for scale in scales)
        before = sum(scale.megapixel_iterations for scale in tight)
        work, tight_work = work + now, tight_work + before
        added.append(now / before - 1)
    return {
        "longest": longest,
        "programs": len(programs),
        "programs_without_buckets": len(tight_programs),
        "work_added": work / tight_work - 1,
        "most_work_added": max(added),
    }


def _tight(width: int, height: int, scale: schedule.Scale) -> schedule.Scale:
    """Return the scale without a bucket."""
    margin = scale.margin
    right = fast_width(width + 2 * margin) - width - margin
    return schedule.Scale(width, height, scale.iterations, margin, right, margin)


def _measure(_: Options) -> Figures:
    sizes = [shared(longest) for longest in _SIDES]
    return {"photographs": len(photographs()), "programs": sizes[-1]["programs"], "sizes": sizes}


def _rows(figures: Figures) -> list[Row]:
    rows = []
    for size in figures["sizes"]:
        where = f"{figures['photographs']} photographs at {size['longest']} pixels"
        without = f"{size['programs_without_buckets']} without buckets"
        most = f"{size['most_work_added']:.1%} at most"
        rows += [
            Row(f"Programs for {where}", str(size["programs"]), without, "≤ 40"),
            Row(f"Work that buckets add, {where}", f"{size['work_added']:.1%}", most, "≤ 6 %"),
        ]
    return rows


BENCHMARK = Benchmark("programs", _measure, _rows)
