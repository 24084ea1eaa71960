"""Functions that TensorFlow traces once for all sizes.

AutoGraph is off. It would rewrite every Python function on the way, ours and TensorFlow's, which is
half the time of the first trace, and no branch or loop of ours depends on tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf


class Traced:
    """A function of a map, its importance and more; traced once with importance, once without."""

    def __init__(
        self,
        function: Callable[..., Any],
        features: Any,
        importance: tf.TensorSpec,
        *others: Any,
    ) -> None:
        """``features``, ``importance`` and ``others`` are types of arguments, of any size."""
        # A partial: TensorFlow counts traces by code, and would warn of too many of one lambda.
        self._plain = tf.function(
            partial(_unweighted, function),
            input_signature=[features, *others],
            autograph=False,
        )
        self._weighted = tf.function(
            function, input_signature=[features, importance, *others], autograph=False
        )

    def __call__(self, features: tf.Tensor, importance: tf.Tensor | None, *others: Any) -> Any:
        """Call the function with or without importance."""
        if importance is None:
            return self._plain(features, *others)
        return self._weighted(features, importance, *others)

    @property
    def traces(self) -> int:
        """Number of traces so far."""
        both = (self._plain, self._weighted)
        return sum(function.experimental_get_tracing_count() for function in both)


def _unweighted(function: Callable[..., Any], features: tf.Tensor, *others: Any) -> Any:
    return function(features, None, *others)
