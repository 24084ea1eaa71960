"""What people read while a layer is painted and afterwards; knows nothing of GIMP."""

from __future__ import annotations

from nst_server.client.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.geometry import fit_within
from nst_server.progress import Progress, Report
from nst_server.settings import Settings

BACKBONES = {"vgg16": "VGG16", "vgg19": "VGG19"}


def duration(seconds: float) -> str:
    """``8 s``, ``1 min 05 s``, ``2 h 03 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(width: int, height: int) -> str:
    """``400 × 300``."""
    return f"{width} × {height}"


def doing(event: Event) -> str:
    """What happens now, in one line."""
    match event:
        case Queued(position=0):
            return "Loading TensorFlow…"
        case Queued(position=position):
            return f"Waiting for {position} other {'picture' if position == 1 else 'pictures'}…"
        case Started():
            return "Looking at the style…"
        case Painting(progress=now):
            return (
                f"Scale {now.scale} of {now.scales}, iteration {now.iteration} of {now.iterations}"
            )
    return ""


def machine(started: Started) -> str:
    """Which device, network and number format do the work."""
    backbone = BACKBONES.get(started.backbone, started.backbone)
    return f"On {started.device} with {backbone} in {started.precision}"


def painted_at(started: Started, width: int, height: int) -> str:
    """At which size a picture of ``width`` × ``height`` is painted."""
    at = f"Painted at {size(started.width, started.height)} pixels"
    if (started.width, started.height) != (width, height):
        at += f", then enlarged to {size(width, height)}"
    return at


def planned(settings: Settings, width: int, height: int) -> str:
    """At which size the real painting of ``width`` × ``height`` will be worked at."""
    if settings.size == "auto":
        limit = duration(settings.time_limit).removesuffix(" 00 s")
        return f"Size: up to {size(width, height)}, within {limit}"
    longest = max(width, height) if settings.size == "full" else int(settings.size)
    at = fit_within(width, height, (longest, longest))
    enlarged = "" if at == (width, height) else f", enlarged to {size(width, height)}"
    return f"Size: {size(*at)}{enlarged}"


def drafting(event: Event) -> str:
    """What happens now to the draft, in few words."""
    match event:
        case Queued() | Started():
            return doing(event)
        case Painting(progress=now):
            return f"Draft, {now.done:.0%} painted"
        case Finished():
            return "Draft. Press it to see the layer."
        case Failed(error=error):
            return f"There is no draft. {error}"


def times(elapsed: float, now: Progress | None) -> str:
    """How much is done, time elapsed and, once it can be told, time left."""
    text = f"{duration(elapsed)} elapsed"
    if now is None:
        return text
    if now.seconds_left > 0 or now.done >= 1:
        text += f", about {duration(now.seconds_left)} left"
    return f"{now.done:.0%} done, {text}"


def layer_name(style: str, report: Report) -> str:
    """Name of the new layer; says so where it was painted smaller and enlarged."""
    name = f"Neural Style: {style}, {report.preset}"
    if report.enlarged:
        name += f" (painted at {report.worked_width}×{report.worked_height})"
    return name
