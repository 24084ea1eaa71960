"""A server whose worker sends pictures back as they came: the way alone, without the engine.

``python -m nst_server.bench.echo`` serves; with the word ``work`` it is the worker. The word
``arrays`` has the worker do to the pixels what is done on both sides of the engine.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from nst_server.bench.child import interpreter
from nst_server.broker.broker import serve
from nst_server.host.home import Home
from nst_server.values.job import Job
from nst_server.values.progress import Progress, Report
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.protocol import Message
from nst_server.worker.arrays import paint_over, read_picture
from nst_server.worker.link import WorkerLink

COMMAND = [*interpreter(), "-m", "nst_server.bench.echo"]


def work(*, arrays: bool) -> None:
    """Take jobs until the standard input closes.

    ``arrays`` tells whether to make the engine's arrays of them, and the result of those.
    """
    orders = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    link = WorkerLink(json.loads(orders.readline()))

    def end_with_orders() -> None:
        while orders.read(4096):
            pass
        os._exit(0)

    threading.Thread(target=end_with_orders, daemon=True).start()
    while True:
        link.send(Message("idle"))
        order = link.next_job()
        job = Job.from_wire(order.fields["request"])
        shape = job.content
        pixels = link.receive_pixels(order.job, job)[0]
        if arrays:
            colours, _ = read_picture(pixels, shape)
        size = shape.width, shape.height
        link.tell(order.job, Started("none", "none", "none", *size))
        link.tell(order.job, Painting(Progress(1, 1, 0, 0, 1.0, 0.0, 0.0, *size, 0.0)))
        if arrays:
            paint_over(pixels, shape, colours, None)
        report = Report(*size, *size, 0.0, "none", "none", "none", job.settings.preset, 0, 0.0)
        link.tell(order.job, Finished(shape, pixels, report))


if __name__ == "__main__":
    words = sys.argv[1:]
    if "work" in words:
        work(arrays="arrays" in words)
    else:
        sys.exit(serve(Home.default(), worker_command=[*COMMAND, "work", *words]))
