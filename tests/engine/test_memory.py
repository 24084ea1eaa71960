"""How many whole pictures there are at once, by the peak of a process; and what counts as free."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MEASURE = """
import sys
import numpy as np
import tensorflow as tf
from nst_server.engine.canvas import canvas
from nst_server.engine.optimizers import lbfgs
from nst_server.engine.optimizers.adam import RELATIVE, Adam
from nst_server.engine.canvas.picture import Picture
from nst_server.engine.canvas.strips import cut

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

SHAPE = (1, 2048, 4096, 3)
PICTURE = 4 * np.prod(SHAPE)

def steps(optimizer):
    state = optimizer.start(tf.fill(SHAPE, 0.25))
    for _ in range(4):
        gradient = [1e-3 * (strip - 0.5) for strip in cut(state.picture)]
        optimizer.step(state, gradient, -float(len(getattr(state, "history", ()))))

def of_content():
    return canvas.Canvas.of(Picture(np.full(SHAPE[1:], 0.5, np.float32)), None, "style")

lbfgs.HISTORY_BYTES = 1
work = {
    "lbfgs": lambda: steps(lbfgs.Lbfgs()),
    "adam": lambda: steps(Adam(RELATIVE)),
    "enlarged": lambda: of_content().finished(tf.fill([1, 512, 1024, 3], 0.25)),
    "next": of_content,
}[sys.argv[1]]
if sys.argv[1] == "next":
    tf.fill([4, *SHAPE[1:]], 0.5)
tf.linalg.matmul(tf.ones([64, 64]), tf.ones([64, 64]))
before = peak()
work()
print((peak() - before) / PICTURE)
"""


@pytest.mark.engine
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("work", "most"),
    # What there must be: L-BFGS has the picture, the best, the gradient, the one before and a pair
    # in half precision, and the next picture; Adam two pictures, three moments and the gradient.
    # To enlarge takes the content as it came and as a tensor, and the result. And one more while
    # strips are joined. The content of a next job comes beside what TensorFlow keeps of the last.
    # Besides, there are strips and what TensorFlow takes for itself.
    [("lbfgs", 6.5 + 1.9), ("adam", 7 + 1.9), ("enlarged", 4 + 1.9), ("next", 1 + 0.3)],
)
def test_large_pictures_are_not_copied_on_the_way(work: str, most: float) -> None:
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, work],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert float(found.stdout) < most


def test_memory_that_the_allocator_keeps_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    from nst_server.engine.planning import device as module

    monkeypatch.setattr(module, "available_memory", lambda: 7)
    device = module.Device("CPU", is_gpu=False, has_bfloat16=False, memory=None)
    with tf.device("CPU"):
        large = tf.zeros([2**26])
    before = device.held_memory()
    del large
    assert device.held_memory() >= before + 2**28
    assert device.free_memory() == 7 + device.held_memory()
