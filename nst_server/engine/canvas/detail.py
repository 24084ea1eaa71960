"""What a finer scale begins with beside the painting of the coarser one: detail of the content.

An enlarged painting has nothing that is finer than its old pixels. An optimisation that begins with
it finds edges neither where the content's are nor as clear, and spends its iterations on contrast
that goes astray: at 1024 pixels skies turned gray, and houses lost the windows that they had at
512. So the content's own detail is added, as each level of a Laplacian pyramid adds it (Burt and
Adelson 1983; Kolkin et al., "Style Transfer by Relaxed Optimal Transport and Self-Similarity",
2019, begin their scales so). Only its luma, since colours are the style's; and where the style is
smoother than the content only as much as the style has, or the content's grain would be painted.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from nst_server.engine.canvas.picture import WeighedStyle, resize


def detail(content: tf.Tensor, styles: Sequence[WeighedStyle], shrinkage: float) -> tf.Tensor:
    """What to add to a painting that was enlarged to the size of ``content``: 1 × h × w × 1.

    ``content`` is 1 × h × w × 3 in [0, 1], ``styles`` are at the size that suits it;
    ``shrinkage`` is how large the coarser scale is beside this one.
    """
    own = fine_luma(content, shrinkage)
    total = sum(style.share for style in styles)
    allowed = tf.add_n(
        [style.share / total * _power(fine_luma(style.picture, shrinkage)) for style in styles]
    )
    return tf.minimum(1.0, tf.sqrt(allowed / tf.maximum(_power(own), 1e-12))) * own


def fine_luma(picture: tf.Tensor, shrinkage: float) -> tf.Tensor:
    """What is lost of a picture's luma if it is shrunk: 1 × h × w × 1, around zero."""
    luma = tf.image.rgb_to_grayscale(picture)
    height, width = luma.shape[1:3]
    small = resize(luma, max(1, round(width * shrinkage)), max(1, round(height * shrinkage)))
    return luma - resize(small, width, height)


def _power(band: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(band))
