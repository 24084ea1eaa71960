"""What is compiled is the same as what is not, and is not where nothing compiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas.picture import WeightedStyle
from nst_server.engine.canvas.strips import joined
from nst_server.engine.method import Method, MethodKey
from nst_server.engine.network import compiled as module
from nst_server.engine.network.compiled import compiled, has_compiler
from nst_server.engine.objective.tiled import TiledObjective
from nst_server.engine.objective.tiling import Tiling
from nst_server.engine.painter import Painter
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape


def sines(x: tf.Tensor, *, times: int) -> tf.Tensor:
    return times * tf.sin(x)


def cosines(x: tf.Tensor, *, times: int) -> tf.Tensor:
    """What is seen to be done in place of the other."""
    return times * tf.cos(x)


@pytest.fixture
def asked_anew() -> Iterator[None]:
    has_compiler.cache_clear()
    yield
    has_compiler.cache_clear()


def test_is_the_same_for_all_sizes_inside_of_one_trace() -> None:
    own = compiled(sines)
    outer = tf.function(lambda x: own(x, times=3), input_signature=[tf.TensorSpec([None])])
    for length in (5, 8):
        x = tf.range(float(length))
        np.testing.assert_allclose(outer(x), 3 * np.sin(x), rtol=1e-5)
    assert outer.experimental_get_tracing_count() == 1


@pytest.mark.usefixtures("asked_anew")
@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="for processors alone")
def test_is_done_by_the_compiler() -> None:
    own = compiled(sines)

    def work(x: tf.Tensor) -> tf.Tensor:
        return own(x, times=3)

    graph = tf.function(work, input_signature=[tf.TensorSpec([None])]).get_concrete_function().graph
    inner = [
        operation.get_attr("_XlaMustCompile")
        for operation in graph.get_operations()
        if "PartitionedCall" in operation.type
    ]
    assert inner == [True]


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="for processors alone")
def test_is_done_where_there_are_as_many_numbers() -> None:
    own = compiled(sines, plain=cosines, least=8)
    outer = tf.function(lambda x: own(x, times=3), input_signature=[tf.TensorSpec([None])])
    for length, expected in [(5, np.cos), (7, np.cos), (8, np.sin), (9, np.sin)]:
        x = tf.range(float(length))
        np.testing.assert_allclose(outer(x), 3 * expected(x), rtol=1e-5)
    assert outer.experimental_get_tracing_count() == 1


@pytest.mark.usefixtures("asked_anew")
def test_without_a_compiler_functions_are_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Callable[..., None]:
        def fail(*_: Any) -> None:
            raise tf.errors.UnimplementedError(None, None, "no XLA in this build")

        return fail

    monkeypatch.setattr(tf, "function", refused)
    assert not has_compiler()
    np.testing.assert_allclose(compiled(sines)(tf.ones([2]), times=2), 2 * np.sin([1, 1]))
    own = compiled(sines, plain=cosines, least=2)
    np.testing.assert_allclose(own(tf.ones([2]), times=2), 2 * np.cos([1, 1]))


@pytest.mark.engine
@pytest.mark.parametrize("tiling", [None, Tiling((32, 8))])
def test_a_picture_is_painted_the_same_without_a_compiler(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, tiling: Tiling | None
) -> None:
    content, start = (tf.constant(landscape(97, 70, seed=seed)[np.newaxis]) for seed in range(2))
    styles = [WeightedStyle(content[:, ::-1], None, 1.0)]

    def gradient(method: Method) -> tf.Tensor:
        whole = method.at(1).objective
        pieces = TiledObjective(whole, tiling) if tiling else whole
        targets: Any = pieces.targets(content, [styles], None)  # of the kind that goes with them
        return joined(pieces.gradient(start, targets, method.weights(Settings()))[1])

    choice = MethodKey.of(Settings(), "vgg16", "float32")
    monkeypatch.setattr(module, "is_worth_compiling", lambda *_: tf.constant(True))
    expected = gradient(painter._build(choice))
    monkeypatch.setattr(module, "has_compiler", lambda: False)
    found = gradient(painter._build(choice))
    assert np.linalg.norm(found - expected) < 1e-5 * np.linalg.norm(expected)
