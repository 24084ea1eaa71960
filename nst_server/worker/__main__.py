"""The worker process: takes jobs from the broker one by one and paints them.

The broker starts it and tells it on its standard input how to connect. When that input closes, the
broker has ended or wants the worker to end, and the process ends at once, whatever it is doing.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from nst_server.host.compilation import chosen
from nst_server.host.process_lock import hold
from nst_server.host.program_cache import ProgramCache
from nst_server.values.errors import in_words, is_lasting
from nst_server.values.job import Job
from nst_server.wire.protocol import Message
from nst_server.worker.link import JobCancelledError, WorkerLink

if TYPE_CHECKING:
    from nst_server.engine.painter import Painter
    from nst_server.worker.frame_events import Remembered

_log = logging.getLogger(__name__)


def main() -> NoReturn:
    """Work until the broker closes the standard input, or TensorFlow can work no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the broker's to obey
    with suppress(OSError):  # if memory runs out, this is to be killed, not GIMP
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    # Unbuffered, so that the thread that waits for it holds no lock of `sys.stdin`.
    orders = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
    details = json.loads(orders.readline())
    with suppress(OSError):  # it only serves to find a worker that outlives its server
        hold(Path(details["lock"]))
    threading.Thread(target=_end_with, args=(orders,), daemon=True).start()
    link = WorkerLink(details)
    folders = Path(details["weights"]), Path(details["programs"])
    told: dict[str, str] = {}
    try:
        told = _about(_painter(*folders))
    except Exception as error:  # a job that needs it fails again, and reports it
        _log.warning("the engine is not ready: %s", error)
    is_fit = True
    while is_fit:
        link.send(Message("idle", told))
        is_fit = _work(link, folders, link.next_job())
    link.close()
    logging.shutdown()
    os._exit(1)  # waiting for nothing that may still be compiled


def _end_with(orders: IO[bytes]) -> None:
    while orders.read(4096):
        pass
    os._exit(0)


@cache
def _painter(weights: Path, programs: Path) -> Painter:
    """Return the engine, imported only when it is first needed: TensorFlow takes its time."""
    compilation, kept = chosen(os.environ), ProgramCache(programs)
    kept.open(compilation, os.environ)
    from nst_server.engine.compile_ahead import Compiler
    from nst_server.engine.painter import Painter

    return Painter(weights, Compiler(compilation, kept))


@cache
def _remembered() -> Remembered:
    from nst_server.worker.frame_events import Remembered

    return Remembered()


def _about(painter: Painter) -> dict[str, str]:
    """Return what the broker is to know: the device and, if it is not the one wanted, why."""
    missed = painter.missed_gpu
    obstacle = f"TensorFlow cannot use {missed}. See: nst doctor." if missed else ""
    if missed:
        _log.warning("%s", obstacle)
    return {"device": painter.device, "obstacle": obstacle}


def _work(link: WorkerLink, folders: tuple[Path, Path], message: Message) -> bool:
    """Paint one job; any failure becomes one message. Return False if no other can be painted."""
    name = message.job
    try:
        from nst_server.worker.frame_events import frame_events

        order = link.receive_pixels(name, Job.from_wire(message.fields.get("request")))
        painter, remembered = _painter(*folders), _remembered()
        for event in frame_events(painter, order, lambda: link.wants_to_keep(name), remembered):
            link.tell(name, event)
    except JobCancelledError:
        _log.info("job %s cancelled", name)
    except Exception as error:
        failure = in_words(error)
        if failure.code == "internal":
            _log.exception("job %s failed", name)
        link.send(Message("failed", {"job": name, "error": failure.to_wire()}))
        return not is_lasting(error)
    return True


if __name__ == "__main__":
    main()
