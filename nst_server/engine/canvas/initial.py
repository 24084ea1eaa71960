"""The picture that a painting starts from."""

from __future__ import annotations

import tensorflow as tf

from nst_server.engine.canvas.canvas import View
from nst_server.engine.canvas.margin import with_margin
from nst_server.engine.canvas.picture import Picture, fill_transparent, resize
from nst_server.engine.planning.schedule import Scale
from nst_server.values.settings import Settings


def initial(view: View, settings: Settings, picture: Picture | None, scale: Scale) -> tf.Tensor:
    """Return the content, noise or ``picture``, by the setting ``init``, with the scale's margin.

    A content of one color is replaced by noise: from there no direction leads to any stroke.
    """
    if settings.init == "picture" and picture is not None:
        return with_margin(resize(fill_transparent(picture), scale.width, scale.height), scale)
    if settings.init != "noise" and not _is_flat(view.content):
        return view.content
    # Noise of light only: fine color moves little (`preconditioner`) and would stay.
    noise = tf.random.stateless_normal([*view.content.shape[:-1], 1], seed=(settings.seed, 0))
    return tf.clip_by_value(tf.reduce_mean(view.content, [1, 2], keepdims=True) + 0.2 * noise, 0, 1)


def _is_flat(content: tf.Tensor) -> bool:
    """True for a picture of one color."""
    spread = tf.reduce_max(content, [1, 2]) - tf.reduce_min(content, [1, 2])
    return float(tf.reduce_max(spread)) < 1 / 256
