"""A worker without an engine, for the broker's tests: real sockets, and manners as asked for.

The seed of a job's settings chooses how it behaves; its picture is the content inverted. Its device
is the GPU that it may use, and what the GPU is called decides whether it can.
"""

from __future__ import annotations

import enum
import json
import os
import signal
import sys
import threading
import time

from nst_server.host.nvidia import VISIBLE
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job
from nst_server.values.progress import Progress, Report
from nst_server.wire.protocol import Message
from nst_server.worker.link import JobCancelledError, WorkerLink

DEVICE = os.environ.get(VISIBLE, "test")


class Manner(enum.IntEnum):
    GOOD = 0
    SLOW = 1
    """Paints until it is cancelled or told to keep."""
    DIES = 2
    DEAF = 3
    """Hears neither a cancel nor the end of its standard input nor SIGTERM."""
    FLOODS = 4
    """Sends progress as fast as it can, then paints on until it is told to keep."""
    FAILS = 5
    BABBLES = 6
    """Sends what is no message."""
    QUIET = 7
    """Gives the job up without a word."""
    BURNS = 8
    """Does nothing but use the processor."""
    FAILS_AND_ENDS = 9


def progress(done: float) -> Progress:
    return Progress(
        scale=1,
        scales=1,
        iteration=1,
        iterations=1,
        done=done,
        seconds=0.0,
        seconds_left=0.0,
        width=2,
        height=2,
        loss=1.0,
        terms={"style": 1.0},
        preview_width=2,
        preview_height=2,
    )


def main() -> None:
    orders = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    link = WorkerLink(json.loads(orders.readline()))
    deaf = threading.Event()

    def end_with_orders() -> None:
        while orders.read(4096):
            pass
        if not deaf.is_set():
            os._exit(0)

    threading.Thread(target=end_with_orders, daemon=True).start()
    if "deadly" in DEVICE:
        sys.exit(7)
    told = {"device": DEVICE, "obstacle": ""}
    if "broken" in DEVICE:
        told = {"device": "CPU", "obstacle": f"TensorFlow cannot use {DEVICE}."}
    while True:
        link.send(Message("idle", dict(told)))
        order = link.next_job()
        try:
            work(link, order, deaf)
        except JobCancelledError:
            pass
        except NeuralStyleError as error:
            link.send(Message("failed", {"job": order.job, "error": error.to_wire()}))
            if error.code == "internal":
                link.close()
                sys.exit(1)


def work(link: WorkerLink, order: Message, deaf: threading.Event) -> None:
    job = Job.from_wire(order.fields["request"])
    manner = Manner(job.settings.seed)
    content = link.receive_pixels(order.job, job).content.pixels
    told = {"device": DEVICE, "precision": "float32", "backbone": "vgg16", "width": 2, "height": 2}
    link.send(Message("started", {"job": order.job, **told}))

    def tell(done: float) -> None:
        fields = {"job": order.job, **progress(done).to_wire()}
        link.send(Message("progress", fields, bytes(range(12))))

    tell(0.5)
    kept = False
    match manner:
        case Manner.SLOW:
            while not (kept := link.wants_to_keep(order.job)):
                tell(0.5)
                time.sleep(0.02)
        case Manner.DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        case Manner.DEAF:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            deaf.set()
            time.sleep(600)
        case Manner.FLOODS:
            for _ in range(20000):
                tell(0.6)
            while not (kept := link.wants_to_keep(order.job)):
                tell(0.7)
                time.sleep(0.02)
        case Manner.FAILS:
            raise NeuralStyleError("out-of-memory", "There was not enough memory.", "Shrink it.")
        case Manner.FAILS_AND_ENDS:
            raise NeuralStyleError("internal", "TensorFlow failed.", "Try again.")
        case Manner.BABBLES:
            link.send(Message("credit", {"job": order.job, "chunks": "many"}))
        case Manner.QUIET:
            return
        case Manner.BURNS:
            while True:
                pass
    report = Report(
        width=job.content.width,
        height=job.content.height,
        worked_width=2,
        worked_height=2,
        seconds=0.1,
        device="test",
        precision="float32",
        backbone="vgg16",
        preset=job.settings.preset,
        iterations=1,
        megapixel_iterations=0.1,
        kept_early=kept,
    )
    picture = job.content.to_wire()
    fields = {"job": order.job, "picture": picture, "report": report.to_wire()}
    link.send(Message("result", fields))
    content.write(0, bytes(255 - value for value in content.read(0, min(4096, content.length))))
    link.send_pixels(order.job, content)


if __name__ == "__main__":
    main()
