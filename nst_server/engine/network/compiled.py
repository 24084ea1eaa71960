"""Functions that XLA fuses into one pass over memory, compiled for each size that they meet.

Operations other than convolutions wait for memory: TensorFlow runs one after the other, and each
reads and writes maps as large as those of the convolutions. XLA fuses several into one loop.
Compiling takes some 40 to 150 ms per function and size, which pays off for large maps and many
iterations; small maps are left as they are. Compiled as a whole, a gradient becomes slower on a
CPU (`nst_server/bench/docs/README.md`). On a GPU a whole step is compiled (`program`), and nothing
within it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

import tensorflow as tf

_WHOLE = "compiled as a whole"
"""Collection of a graph that is."""

P = ParamSpec("P")
R = TypeVar("R")


def compiled(
    function: Callable[P, R], *, plain: Callable[P, R] | None = None, least: int = 0
) -> Callable[P, R]:
    """Compile a function of tensors for calls whose first tensor has ``least`` numbers or more.

    Other calls, and all calls without a compiler, go to ``plain``, which computes the same with
    operations that are faster in TensorFlow, or to the function itself if there is no ``plain``.
    Arguments that are not tensors are constants of the program. Use it inside traced functions:
    called from outside, it would be traced anew for each shape.
    """
    otherwise = plain or function

    @lru_cache(maxsize=1)
    def traced() -> Callable[P, R]:
        return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        if is_compiled_whole() or not has_compiler():
            return otherwise(*args, **kwargs)
        if not least:
            return traced()(*args, **kwargs)
        return tf.cond(  # type: ignore[no-any-return]
            is_worth_compiling(args[0], least),
            lambda: traced()(*args, **kwargs),
            lambda: otherwise(*args, **kwargs),
        )

    return called


def compile_whole() -> None:
    """Say of the graph that is being traced that XLA compiles all of it."""
    tf.compat.v1.get_default_graph().add_to_collection(_WHOLE, True)


def is_compiled_whole() -> bool:
    """True while a graph is traced that XLA compiles as a whole."""
    if tf.executing_eagerly():
        return False
    return bool(tf.compat.v1.get_default_graph().get_collection(_WHOLE))


def is_worth_compiling(x: tf.Tensor, least: int) -> tf.Tensor:
    """True if ``x`` has ``least`` numbers or more; a tensor, as one trace serves all sizes."""
    return tf.size(x) >= least


@lru_cache(maxsize=1)
def has_compiler() -> bool:
    """True if functions are compiled: on CPUs, if TensorFlow is built with XLA."""
    if tf.config.list_physical_devices("GPU"):
        return False
    with tf.init_scope():  # outside any function that is being traced
        try:
            tf.function(tf.identity, jit_compile=True, autograph=False)(tf.zeros([1]))
        except tf.errors.OpError:
            return False
    return True
