"""Many clients at once: each gets what it would get alone."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from PIL import Image

from nst_server.host.home import Home
from nst_server.wire.events import Finished
from nst_server.wire.order import Order
from tests.endurance import observing
from tests.endurance.drafts import draft, painted, stylize
from tests.endurance.observing import stopping
from tests.endurance.trial import Extent, Section
from tests.support.servers import Server, serve_command, start


def many_clients(extent: Extent, folder: Path) -> Section:
    """Paint jobs alone and then by several clients at once, and compare the pixels."""
    count = extent.clients * extent.jobs_of_client
    with closing(start(Home(folder / "home"), serve_command(extent.worker))) as server:
        with server.connect() as client:
            painted(client, draft())  # so that TensorFlow's import is in neither time
            begun = time.monotonic()
            alone = [painted(client, _quick(number)) for number in range(count)]
            middle = time.monotonic()
        together = _together(server, extent)
        end = time.monotonic()
    equal = sum(together.get(number) == pixels for number, pixels in enumerate(alone))
    return Section(
        f"{count} drafts of two iterations for one client, one after the other, and the same "
        f"drafts for {extent.clients} clients at once, {extent.jobs_of_client} each; the results "
        "are compared byte by byte.",
        ("Jobs", "Equal", "Alone", "Together"),
        [(count, f"{equal} of {count}", f"{middle - begun:.1f} s", f"{end - middle:.1f} s")],
        [] if equal == count else [f"{count - equal} jobs were not as alone."],
    )


def _quick(number: int) -> Order:
    return draft(number, iterations=2)


def _together(server: Server, extent: Extent) -> dict[int, bytes]:
    """The results of all clients' jobs by their number."""
    waiting = {
        server.connect(): list(range(first, extent.clients * extent.jobs_of_client, extent.clients))
        for first in range(extent.clients)
    }
    results: dict[int, bytes] = {}
    for client, numbers in waiting.items():
        client.submit(_quick(numbers[0]))
    while any(waiting.values()):
        for client, numbers in waiting.items():
            for event in client.poll(0.01) if numbers else ():
                if isinstance(event, Finished):
                    results[numbers[0]] = event.pixels.read()
            if numbers and not client.busy:
                numbers.pop(0)
                if numbers:
                    client.submit(_quick(numbers[0]))
    return results


def many_commands(extent: Extent, folder: Path) -> Section:
    """Start ``nst stylize`` many times at once where no server runs."""
    paths = [folder / f"{number}.png" for number in range(extent.commands)]
    with stopping(Home(folder / "home")) as home:
        begun = time.monotonic()
        processes = [stylize(home, path) for path in paths]
        ends = [process.communicate(timeout=600)[0] for process in processes]
        seconds = time.monotonic() - begun
        jobs_left = len(observing.states(home))
    served = [process.returncode == 0 for process in processes]
    wrong = [end for end, good in zip(ends, served, strict=True) if not good]
    pictures = {Image.open(path).tobytes() for path in paths if path.exists()}
    if len(pictures) != 1:
        wrong.append(f"There were {len(pictures)} different paintings of one job.")
    if jobs_left:
        wrong.append(f"{jobs_left} jobs were left.")
    return Section(
        f"{len(paths)} `nst stylize` at once with the real worker, where no server runs before: "
        "they start one, and wait their turn.",
        ("Commands", "Served", "Different paintings of the same job", "All done after"),
        [(len(paths), f"{sum(served)} of {len(paths)}", len(pictures), f"{seconds:.1f} s")],
        wrong,
    )
