"""A program: a function of tensors of certain shapes, compiled by XLA as a whole.

What XLA compiled is found again on disk by a digest of the program and the name of its function.
TensorFlow numbers functions in the order in which they are traced, so it would be found only by a
process that traced the same functions before. Here the name is a digest as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.python.eager import context

from nst_server.engine.network.compiled import compile_whole

_NUMBERED = "_gradient_op_type"
"""Attribute that has a number in the order of tracing, and means nothing after it."""


class Program:
    """Computes ``function(*arguments)`` for arguments of the same types and shapes as these."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Trace the function. It is compiled when it is first called."""
        self._structure: Any = None

        def whole(*tensors: tf.Tensor) -> list[tf.Tensor]:
            compile_whole()
            packed = tf.nest.pack_sequence_as(arguments, tensors, expand_composites=True)
            self._structure = function(*packed)
            return list(tf.nest.flatten(self._structure))

        specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in _flat(arguments)]
        traced = tf.function(whole, input_signature=specs, autograph=False)
        self._traced = traced.get_concrete_function()
        self._results = len(self._traced.outputs)
        definition = self._traced.function_def
        definition.attr["_XlaMustCompile"].b = True
        self._name = _defined(definition).encode()

    def __call__(self, *arguments: Any) -> Any:
        """Return the function's result. Raises TensorFlow's OpError if it cannot be compiled."""
        inputs = [*_flat(arguments), *self._traced.captured_inputs]
        results = context.context().call_function(self._name, inputs, self._results)
        return tf.nest.pack_sequence_as(self._structure, results)


def _flat(arguments: tuple[Any, ...]) -> list[tf.Tensor]:
    return list(tf.nest.flatten(arguments, expand_composites=True))


def _defined(traced: FunctionDef) -> str:
    """Define a function, and all that it calls, under names made of what they compute."""
    definition = FunctionDef()
    definition.CopyFrom(traced)
    arguments = definition.signature.input_arg
    # Those of a loop have numbers in their names, too.
    names = {argument.name: f"argument_{place}" for place, argument in enumerate(arguments)}
    for argument in arguments:
        argument.name = names[argument.name]
    for result, value in list(definition.ret.items()):
        definition.ret[result] = names.get(value, value)
    for node in definition.node_def:
        node.input[:] = [names.get(source, source) for source in node.input]
        node.attr.pop(_NUMBERED, None)
        for attribute in node.attr.values():
            if attribute.HasField("func"):
                called = context.context().get_function_def(attribute.func.name)
                attribute.func.name = _defined(called)
    definition.signature.name = ""
    digest = hashlib.sha256(definition.SerializeToString(deterministic=True)).hexdigest()
    definition.signature.name = f"program_{digest[:32]}"
    if not context.context().has_function(definition.signature.name):
        context.context().add_function_def(definition)
    return str(definition.signature.name)
