"""Texts that people read while a layer is painted and afterwards; knows nothing of GIMP."""

from __future__ import annotations

from neural_style_gimp.i18n import N_, _, ngettext
from nst_server.values.geometry import fit_within
from nst_server.values.progress import Estimate, Progress, Report
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started

BACKBONES = {"vgg16": "VGG16", "vgg19": "VGG19"}

PRESETS = {
    "draft": N_("draft"),
    "standard": N_("standard"),
    "fine": N_("fine"),
    "classic": N_("classic"),
}
"""Names of presets in a layer's name."""


def duration(seconds: float) -> str:
    """Return ``8 s``, ``1 min 05 s`` or ``2 h 03 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("{seconds} s").format(seconds=whole)
    if whole < 3600:
        return _("{minutes} min {seconds:02} s").format(minutes=whole // 60, seconds=whole % 60)
    return _("{hours} h {minutes:02} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def size(width: int, height: int) -> str:
    """Return a size like ``400 × 300``."""
    return f"{width} × {height}"


def doing(event: Event) -> str:
    """Return the current activity, in one line."""
    match event:
        case Queued(position=0):
            return _("Loading TensorFlow…")
        case Queued(position=position):
            return ngettext(
                "Waiting for {number} other picture…",
                "Waiting for {number} other pictures…",
                position,
            ).format(number=position)
        case Started():
            return _("Looking at the style…")
        case Painting(progress=now):
            return _("Scale {scale} of {scales}, iteration {iteration} of {iterations}").format(
                scale=now.scale,
                scales=now.scales,
                iteration=now.iteration,
                iterations=now.iterations,
            )
    return ""


def machine(started: Started) -> str:
    """Return a line on the device, perhaps of another machine, network and number format."""
    backbone = BACKBONES.get(started.backbone, started.backbone)
    return _("On {device} with {network} in {precision}").format(
        device=started.where, network=backbone, precision=started.precision
    )


def painted_at(started: Started, width: int, height: int) -> str:
    """Return a line on the size at which a picture of ``width`` × ``height`` is painted."""
    at = size(started.width, started.height)
    if (started.width, started.height) == (width, height):
        return _("Painted at {size} pixels").format(size=at)
    return _("Painted at {size} pixels, then enlarged to {full}").format(
        size=at, full=size(width, height)
    )


def planned(settings: Settings, width: int, height: int) -> str:
    """Return a line on the size planned for the real painting of ``width`` × ``height``."""
    if settings.size == "auto":
        return _("Size: up to {size}, within {time}").format(
            size=size(width, height), time=_limit(settings.time_limit)
        )
    longest = max(width, height) if settings.size == "full" else int(settings.size)
    at = fit_within(width, height, (longest, longest))
    if at == (width, height):
        return _("Size: {size}").format(size=size(*at))
    return _("Size: {size}, enlarged to {full}").format(size=size(*at), full=size(width, height))


def estimated(estimate: Estimate, width: int, height: int) -> str:
    """Return a line on the time and size of the real painting of ``width`` × ``height``."""
    at, time = size(estimate.width, estimate.height), duration(estimate.seconds)
    if (estimate.width, estimate.height) == (width, height):
        return _("About {time} at {size}").format(time=time, size=at)
    return _("About {time} at {size}, enlarged to {full}").format(
        time=time, size=at, full=size(width, height)
    )


def _limit(seconds: float) -> str:
    """Like `duration`, but whole minutes without seconds."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes and not rest and minutes < 60:
        return _("{minutes} min").format(minutes=minutes)
    return duration(seconds)


def drafting(event: Event) -> str:
    """Return the current activity for a draft, in few words."""
    match event:
        case Queued() | Started():
            return doing(event)
        case Painting(progress=now):
            return _("Draft, {share:.0%} painted").format(share=now.done)
        case Finished():
            return _("Draft. Press and hold to see the layer.")
        case Failed(error=error):
            return _("There is no draft. {reason}").format(reason=error.translated(_))


def times(elapsed: float, now: Progress | None) -> str:
    """Return a line on the share done, the time elapsed and, once known, the time left."""
    text = _("{time} elapsed").format(time=duration(elapsed))
    if now is None:
        return text
    done = _("{share:.0%} done").format(share=now.done)
    if now.seconds_left > 0 or now.done >= 1:
        left = _("about {time} left").format(time=duration(now.seconds_left))
        return f"{done}, {text}, {left}"
    return f"{done}, {text}"


def layer_name(style: str, report: Report) -> str:
    """Return the name of the new layer; it tells if it was painted smaller and enlarged."""
    name = f"Neural Style: {style}, {_(PRESETS.get(report.preset, report.preset))}"
    if report.enlarged:
        at = f"{report.worked_width}×{report.worked_height}"
        name += _(" (painted at {size})").format(size=at)
    return name
