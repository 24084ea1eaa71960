"""Functions that TensorFlow traces once for all sizes.

Without AutoGraph, which would rewrite every Python function on the way, our own and TensorFlow's:
that is half of what the first trace takes, and no branch or loop of ours depends on tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
        # A partial: TensorFlow counts traces by code, and would warn of so many of one lambda.
        self._plain = tf.function(
            partial(_unweighed, function),
            input_signature=[features, *others],
            autograph=False,
        )
        self._weighed = tf.function(
            function, input_signature=[features, importance, *others], autograph=False
        )

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


def _unweighed(function: Callable[..., Any], features: tf.Tensor, *others: Any) -> Any:
    return function(features, None, *others)
