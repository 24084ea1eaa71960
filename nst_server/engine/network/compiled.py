"""Functions that XLA makes one pass over memory of, for every size that they meet.

What is not convolution waits for memory: TensorFlow does one operation after the other, each of
which reads and writes maps as large as what the convolutions take and give. XLA makes one loop of
several, some 40 to 150 ms for a function and a size, which is won back where maps are large and
iterations many: small ones are left as they are. A whole gradient it makes slower on a processor,
and on a GPU it takes seconds for each size; so neither is done (`bench/docs/README.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

import tensorflow as tf

P = ParamSpec("P")
R = TypeVar("R")


def compiled(
    function: Callable[P, R], *, plain: Callable[P, R] | None = None, least: int = 0
) -> Callable[P, R]:
    """The same function of tensors, compiled where the first has ``least`` numbers or more.

    Elsewhere, and where there is no compiler, it is ``plain``, which does the same by what is
    faster in TensorFlow's operations; the function itself if there is no such. What is not a tensor
    is a constant of the program. For use inside of traced functions: by itself each new shape would
    be traced.
    """
    otherwise = plain or function

    @lru_cache(maxsize=1)
    def traced() -> Callable[P, R]:
        return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        if not has_compiler():
            return otherwise(*args, **kwargs)
        if not least:
            return traced()(*args, **kwargs)
        return tf.cond(  # type: ignore[no-any-return]
            is_worth_compiling(args[0], least),
            lambda: traced()(*args, **kwargs),
            lambda: otherwise(*args, **kwargs),
        )

    return called


def is_worth_compiling(x: tf.Tensor, least: int) -> tf.Tensor:
    """Whether there are so many numbers; known when it runs, as a trace is for all sizes."""
    return tf.size(x) >= least


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
