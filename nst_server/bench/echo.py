"""A server whose worker returns pictures unchanged: the transfer alone, without the engine.

``python -m nst_server.bench.echo`` is the server; with the argument ``work`` it is the worker. With
``arrays`` the worker also does the conversions that a real one does before and after the engine.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from nst_server.bench.child import interpreter
from nst_server.broker.server import serve
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

    If ``arrays``, convert the pixels to the engine's arrays and those to the result.
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
        message = link.next_job()
        name, header = message.job, Job.from_wire(message.fields["request"])
        content = link.receive_pixels(name, header).content
        if arrays:
            colors, _ = read_picture(content.pixels, content)
        link.tell(name, Started("none", "none", "none", content.width, content.height))
        link.tell(name, Painting(Progress.untouched(content.width, content.height, 0.0)))
        if arrays:
            paint_over(content.pixels, content, colors, None)
        report = Report.untouched(content.width, content.height, header.settings.preset)
        link.tell(name, Finished(content.shape, content.pixels, report))


if __name__ == "__main__":
    words = sys.argv[1:]
    if "work" in words:
        work(arrays="arrays" in words)
    else:
        sys.exit(serve(Home.default(), worker_command=[*COMMAND, "work", *words]))
