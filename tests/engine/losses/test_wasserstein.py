"""The Wasserstein distance: identities, finite differences, and the textbook formula."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.losses import wasserstein as module
from nst_server.engine.losses.moments import Moments, moments
from nst_server.engine.losses.wasserstein import style_root, wasserstein


def feature_map(seed: int, channels: int = 12) -> tf.Tensor:
    random = np.random.default_rng(seed)
    mixing = random.standard_normal((channels, channels)) + 2 * np.eye(channels)
    values = random.standard_normal((1, 20, 30, channels)) @ mixing + random.standard_normal(
        channels
    )
    return tf.constant(values, tf.float32)


def distance(one: Moments, other: Moments) -> float:
    return float(wasserstein(one, other, style_root(other)))


def test_distance_to_itself_is_nothing(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "VARIANCE_SHARE", 1.0)
    same = moments(feature_map(1))
    assert abs(distance(same, same)) < 1e-5
    assert distance(moments(feature_map(2)), same) > 0.05


def test_distance_is_that_of_the_textbook(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "VARIANCE_SHARE", 1.0)
    one, other = feature_map(1), feature_map(2)

    def gaussian(features: tf.Tensor) -> tuple[np.ndarray, np.ndarray]:
        rows = features.numpy().reshape(-1, features.shape[-1]).astype(np.float64)
        return rows.mean(0), np.cov(rows, rowvar=False, bias=True)

    def root(matrix: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(matrix)
        return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T, np.float64)

    (mean, covariance), (target_mean, target) = gaussian(one), gaussian(other)
    inner = root(root(target) @ covariance @ root(target))
    squared = np.sum((mean - target_mean) ** 2) + np.trace(covariance + target - 2 * inner)
    expected = squared / (np.trace(target) + np.sum(target_mean**2))
    np.testing.assert_allclose(distance(moments(one), moments(other)), expected, rtol=1e-4)


def test_what_the_root_leaves_out_is_little() -> None:
    style = moments(feature_map(2))
    root = style_root(style)
    assert root.shape[1] < 12
    held = float(tf.reduce_sum(tf.square(root)))
    mean = style.mean.numpy()
    whole = float(np.trace(style.gram.numpy() - np.outer(mean, mean)))
    assert 0.99 <= held / whole <= 1.0001


def test_gradient_is_that_of_finite_differences() -> None:
    features, style = feature_map(1), moments(feature_map(2))
    root = style_root(style)
    with tf.GradientTape() as tape:
        tape.watch(features)
        loss = wasserstein(moments(features), style, root)
    gradient = tape.gradient(loss, features).numpy()
    # Not only along the gradient, but enough along it for float32 to tell the difference.
    direction = np.random.default_rng(3).standard_normal(features.shape).astype(np.float32)
    direction += 3 * np.sign(gradient)
    step = 1e-2

    def moved(by: float) -> float:
        return float(wasserstein(moments(features + by * direction), style, root))

    slope = (moved(step) - moved(-step)) / (2 * step)
    np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=2e-3)


@pytest.mark.parametrize("smallest", [4e-6, 1e-9, 0.0])
def test_roots_by_products_are_those_by_eigenvalues(smallest: float) -> None:
    """Also where eigenvalues are nothing, as of smooth pictures; both are near the true trace."""
    values = np.geomspace(max(smallest, 1e-9), 1.0, 12)
    values[0] = smallest
    turned, _ = np.linalg.qr(np.random.default_rng(4).standard_normal((12, 12)))
    small = tf.constant((turned * values) @ turned.T, tf.float32)
    root, least = tf.eye(12), tf.constant(0.0)
    trace, inverse = module._roots_by_products(small, root, least)
    expected_trace, expected_inverse = module._roots_by_eigenvalues(small, root, least)
    np.testing.assert_allclose(trace, expected_trace, rtol=1e-4)
    np.testing.assert_allclose(trace, np.sqrt(values).sum(), rtol=1e-3)
    along = turned.T @ inverse(tf.constant(1.0)).numpy() @ turned
    expected = turned.T @ expected_inverse(tf.constant(1.0)).numpy() @ turned
    np.testing.assert_allclose(np.diag(along), np.diag(expected), rtol=0.03)
