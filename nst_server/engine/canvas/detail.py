"""Detail of the content, which is added to the enlarged painting when a finer scale begins.

An enlarged painting has nothing that is finer than its old pixels. An optimization that begins with
it finds edges neither in the content's places nor as clear, and spends its iterations on contrast
that goes astray: at 1024 pixels skies turned gray, and houses lost the windows that they had at
512. Therefore the content's own detail is added, as in each level of a Laplacian pyramid (Burt and
Adelson 1983; Kolkin et al., "Style Transfer by Relaxed Optimal Transport and Self-Similarity",
2019, begin their scales in this way). Only its luma is added, since colors are the style's. Where
the style is smoother than the content, only as much is added as the style has; otherwise the
content's grain would be painted.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from nst_server.engine.canvas.picture import WeightedStyle, resize


def detail(content: tf.Tensor, styles: Sequence[WeightedStyle], shrinkage: float) -> tf.Tensor:
    """Return the detail to add to a painting enlarged to the size of ``content``: 1 × h × w × 1.

    ``content`` is 1 × h × w × 3 in [0, 1], ``styles`` are at the size that suits it;
    ``shrinkage`` is the size of the coarser scale relative to this one.
    """
    content_luma = fine_luma(content, shrinkage)
    total = sum(style.share for style in styles)
    allowed = tf.add_n(
        [style.share / total * _power(fine_luma(style.picture, shrinkage)) for style in styles]
    )
    power = tf.maximum(_power(content_luma), 1e-12)
    return tf.minimum(1.0, tf.sqrt(allowed / power)) * content_luma


def fine_luma(picture: tf.Tensor, shrinkage: float) -> tf.Tensor:
    """Return the part of a picture's luma that shrinking loses: 1 × h × w × 1, around zero."""
    luma = tf.image.rgb_to_grayscale(picture)
    height, width = luma.shape[1:3]
    small = resize(luma, max(1, round(width * shrinkage)), max(1, round(height * shrinkage)))
    return luma - resize(small, width, height)


def _power(band: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(band))
