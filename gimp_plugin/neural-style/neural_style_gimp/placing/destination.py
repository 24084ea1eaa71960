"""Choice of a finished painting's place: the wished one, or else one where nothing is lost."""

from __future__ import annotations

from neural_style_gimp.i18n import _
from neural_style_gimp.image.target import Target


def destination(target: Target, output: str, fingerprint: bytes) -> tuple[str, str]:
    """Return the output that is possible now, and a sentence on the reason if it is not ``output``.

    People go on working while a layer is painted. ``fingerprint`` is that of the target when its
    pixels were sent; it counts only where they are to be replaced.
    """
    if output == "new-image":
        return output, ""
    reason = _reason_to_leave(target)
    if reason:
        return "new-image", reason
    if output == "replace" and target.obstacle(output) is not None:
        return "new-layer", _("The layer is now protected, so the painting is a new layer.")
    if output == "replace" and target.fingerprint() != fingerprint:
        return "new-layer", _(
            "The layer or the selection was changed while it was painted, "
            "so the painting is a new layer."
        )
    return output, ""


def _reason_to_leave(target: Target) -> str:
    """Return the reason why the painting no longer fits into its image; empty if it does."""
    if not target.image.is_valid():
        return _("The image was closed while it was painted, so the painting is a new image.")
    if not target.layer.is_valid():
        return _("The layer was deleted while it was painted, so the painting is a new image.")
    if not target.has_its_size:
        return _("The layer's size changed in the meantime, so the painting is a new image.")
    if target.image.get_floating_sel() is not None:
        return _("There is now a floating selection, so the painting is a new image.")
    if target.obstacle("new-layer") is not None:
        return _("The image was converted to indexed colors, so the painting is a new image.")
    return ""
