"""Functions that XLA makes one pass over memory of, for every size that they meet.

What is not convolution waits for memory: TensorFlow does one operation after the other, each of
which reads and writes maps as large as what the convolutions take and give. XLA makes one loop of
several, some 40 ms for a function and a size, which a few dozen iterations win back from about 300
pixels a side on. A whole gradient it makes slower on a processor, and on a GPU it takes seconds for
each size; so neither is done (`bench/README.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import tensorflow as tf

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A decorator for functions of tensors; what is not a tensor is a constant of the program.

    For use inside of traced functions: by itself each new shape would be traced.
    """

    @lru_cache(maxsize=1)
    def traced() -> Callable[P, R]:
        return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        return (traced() if has_compiler() else function)(*args, **kwargs)

    return called


@lru_cache(maxsize=1)
def has_compiler() -> bool:
    """Whether functions are compiled: on processors, where TensorFlow is built with XLA."""
    if tf.config.list_physical_devices("GPU"):
        return False
    with tf.init_scope():  # whatever is traced meanwhile
        try:
            tf.function(tf.identity, jit_compile=True, autograph=False)(tf.zeros([1]))
        except tf.errors.OpError:
            return False
    return True
