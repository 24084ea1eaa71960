"""Every operation of a step is one that TensorFlow has for GPUs, plain and for XLA.

What has no kernel there is computed by the processor, without a word, and every step waits for it.
TensorFlow lists its kernels without a GPU, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.python.framework import kernels

from nst_server.engine.canvas.canvas import View
from nst_server.engine.canvas.picture import WeightedStyle
from nst_server.engine.compile_ahead import Compiler
from nst_server.engine.method import Method, MethodKey
from nst_server.engine.network.compiled import compile_whole
from nst_server.engine.optimizers.preconditioner import STROKES
from nst_server.engine.step_program import Tuning
from nst_server.host.program_cache import ProgramCache
from nst_server.values.settings import Settings

pytestmark = pytest.mark.engine

CALLS = {"PartitionedCall", "StatefulPartitionedCall"}


def without_kernel(function: Callable[..., Any], arguments: Any, device: str) -> set[str]:
    """Names of the operations that ``device`` does not have, in all that a function calls."""
    # XLA's kernels are listed once it has compiled something.
    tf.function(tf.identity, jit_compile=True, autograph=False)(tf.zeros([1]))
    traced = tf.function(function, autograph=False).get_concrete_function(*arguments)
    graph = traced.graph.as_graph_def()
    called = {each.signature.name: each for each in graph.library.function}
    return set(_missing(graph.node, called, device))


def _missing(
    nodes: Iterable[NodeDef], called: Mapping[str, FunctionDef], device: str
) -> Iterable[str]:
    for node in nodes:
        functions = [value.func.name for value in node.attr.values() if value.HasField("func")]
        for name in functions:
            yield from _missing(called[name].node_def, called, device)
        if node.op not in CALLS and not _has_kernel(node, device):
            yield f"{node.op} {tf.as_dtype(node.attr['T'].type or tf.float32).name}"


def _has_kernel(node: NodeDef, device: str) -> bool:
    def allows(kernel: Any) -> bool:
        return all(
            node.attr[each.name].type in each.allowed_values.list.type
            for each in kernel.constraint
            if each.allowed_values.list.type
        )

    listed = kernels.get_registered_kernels_for_op(node.op).kernel
    return any(kernel.device_type in (device, "DEFAULT") and allows(kernel) for kernel in listed)


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
def test_a_step_is_made_of_what_a_gpu_has(
    precision: str, style_loss: str, vgg16_file: Path
) -> None:
    compiler = Compiler("never", ProgramCache(None))
    compiler.compiles = True
    settings = Settings.of_preset("standard", style_loss=style_loss)
    method = Method.build(MethodKey.of(settings, "vgg16", precision), vgg16_file, compiler)
    picture = tf.random.stateless_uniform([1, 48, 64, 3], (1, 2))
    view = View(picture, picture[..., :1], tf.ones([1, 48, 64, 2]))
    styles = [WeightedStyle(picture, None, 1.0)]
    objective, step = method.at(2)
    targets = objective.targets(picture, [styles] * 2, view.importance)
    assert step is not None
    tuning = Tuning(method.weights(settings), STROKES.in_tensors())
    arguments = step._arguments(picture, view, targets, tuning, (80, 64))
    assert without_kernel(step._step, arguments, "GPU") == set()

    def compiled(*both: Any) -> Any:
        compile_whole()
        return step._step(*both)

    assert without_kernel(compiled, arguments, "XLA_GPU_JIT") == set()


@pytest.mark.parametrize("device", ["GPU", "XLA_GPU_JIT"])
def test_what_only_a_processor_has_is_found(device: str) -> None:
    arguments = (tf.constant(["a"]),)
    assert without_kernel(tf.strings.upper, arguments, device) == {"StringUpper float32"}
