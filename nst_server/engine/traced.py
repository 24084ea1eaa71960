"""Functions that TensorFlow traces once for all sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


class Traced:
    """A function of a map, its importance and more; traced once with one and once without."""

    def __init__(
        self,
        function: Callable[..., Any],
        features: Any,
        importance: tf.TensorSpec,
        *others: Any,
    ) -> None:
        """The types are those of the arguments, which may be of any size."""
        self._plain = tf.function(
            lambda features, *more: function(features, None, *more),
            input_signature=[features, *others],
        )
        self._weighed = tf.function(function, input_signature=[features, importance, *others])

    def __call__(self, features: tf.Tensor, importance: tf.Tensor | None, *others: Any) -> Any:
        """What the function returns."""
        if importance is None:
            return self._plain(features, *others)
        return self._weighed(features, importance, *others)

    @property
    def traces(self) -> int:
        """How often it was traced so far."""
        both = (self._plain, self._weighed)
        return sum(function.experimental_get_tracing_count() for function in both)
