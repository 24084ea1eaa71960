"""``transfer``: a large layer from a client through the server to the engine and back."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst_server.bench.benchmark import Benchmark, Figures, Options, Row, spread_in_words, summary
from nst_server.bench.echo import COMMAND
from nst_server.bench.inputs import repeated
from nst_server.bench.servers import bridge_to, finished, first_painting, started, temporary_home
from nst_server.client.pipe_transport import PipeTransport
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.host.memory import peak_memory
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle, PictureShape
from nst_server.values.settings import Settings
from nst_server.wire.order import Raster
from nst_server.wire.spool import Spool
from nst_server.wire.transfer import spans

_STYLE_SIDE = 64


@dataclass(frozen=True)
class _Way:
    """A way to the worker and back."""

    name: str
    """Beginning of its figures' keys."""
    label: str
    shares: bool = True
    """True if the pixels lie in a file that client and worker have open."""
    bridged: bool = False
    arrays: bool = False
    """True if the worker makes the pixels into the engine's arrays."""
    aim: str = ""

    def client(self, home: Home) -> Client:
        """A session with the running server of ``home``."""
        if not self.bridged:
            return Client.connect(home, shares=self.shares)
        transport = PipeTransport(bridge_to(home))
        return Client.over(transport, home, timeout=30, shares=self.shares)


_WAYS = (
    _Way("", "To the engine and back", arrays=True, aim="≤ 3 s"),
    _Way("relay_", "The way alone"),
    _Way("messages_", "The way alone, in messages", shares=False),
    _Way("bridge_", "The way alone, by a bridge and the file", bridged=True),
    _Way("pipe_", "The way alone, by a bridge's pipe", shares=False, bridged=True),
)


def _measure(options: Options) -> Figures:
    width, height = (600, 400) if options.quick else (6000, 4000)
    repeats = 1 if options.quick else 3
    layer = np.concatenate(
        [repeated(width, height), np.ones((height, width, 1), np.float32)], axis=2
    )
    megabytes = 2 * layer.nbytes / 1e6
    figures: Figures = {"width": width, "height": height, "megabytes": megabytes}
    repeated_figures: dict[str, Sequence[float]] = {}
    for way in _WAYS:
        command = [*COMMAND, "arrays"] if way.arrays else COMMAND
        with temporary_home(options.home) as home:
            starter, _ = started(home, command)
            with closing(starter), closing(way.client(home)) as client:
                _round_trip(client, layer[:64, :64].copy())  # starts the worker, which then stays
                before, copied_before = _processor_seconds(client), _copied_mb(client)
                trips = [_round_trip(client, layer) for _ in range(repeats)]
                after, copied_after = _processor_seconds(client), _copied_mb(client)
                seconds = [second for second, _ in trips]
                repeated_figures[f"{way.name}mb_per_s"] = [megabytes / each for each in seconds]
                repeated_figures[f"{way.name}round_trip_s"] = seconds
                _check_same(trips[-1][1], layer)
                figures[f"{way.name}cpu_s"] = {
                    key: (after[key] - before[key]) / repeats for key in after
                }
                if way.arrays:
                    figures["copied_mb"] = {
                        key: (total - copied_before[key]) / repeats
                        for key, total in copied_after.items()
                    }
                    peak = peak_memory(int(client.status()["pid"]))
                    figures["server_peak_mb"] = None if peak is None else peak / 1e6
    figures |= summary(repeated_figures)
    figures["pipe_over_file"] = figures["pipe_round_trip_s"] / figures["bridge_round_trip_s"]
    return figures


def _round_trip(client: Client, layer: np.ndarray) -> tuple[float, Spool]:
    """Send a layer, unpainted; return the seconds until the result was read, and the result."""
    height, width, _ = layer.shape
    style = PictureShape(_STYLE_SIDE, _STYLE_SIDE, 3, "uint8")
    order = Job(
        Settings.of_preset("draft", strength=0),
        Raster(width, height, 4, "float32", layer),
        (JobStyle(Raster.of(style, bytes(style.size_in_bytes))),),
    )
    begun = time.perf_counter()
    client.submit(order)
    first_painting(client)
    result = finished(client).pixels
    for start, length in spans(result.length):  # in parts, like GIMP
        result.read(start, length)
    return time.perf_counter() - begun, result


def _check_same(result: Spool, layer: np.ndarray) -> None:
    if not np.array_equal(np.frombuffer(result.read(), np.float32), layer.reshape(-1)):
        raise NeuralStyleError("internal", "The layer came back changed.")


def _processes(client: Client) -> dict[str, int]:
    status = client.status()
    return {"client": os.getpid(), "server": status["pid"], "worker": status["worker"]["pid"]}


def _processor_seconds(client: Client) -> dict[str, float]:
    """Processor time that client, server and worker have used so far (Linux)."""
    used = {}
    for name, pid in _processes(client).items():
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return {}
        user, system = text.rpartition(")")[2].split()[11:13]
        used[name] = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return used


def _copied_mb(client: Client) -> dict[str, float]:
    """Megabytes that each process has read from files and written so far (Linux)."""
    copied = {}
    for name, pid in _processes(client).items():
        try:
            lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
        except OSError:
            return {}
        for line in lines:
            kind, _, count = line.partition(": ")
            if kind in {"rchar", "wchar"}:
                copied[f"{name} {'read' if kind == 'rchar' else 'written'}"] = int(count) / 1e6
    return copied


def _rows(figures: Figures) -> list[Row]:
    layer = f"{figures['width']}×{figures['height']} RGBA float32"
    rows = []
    for way in _WAYS:
        seconds = f"{way.name}round_trip_s"
        if seconds not in figures:
            continue  # a run that was kept, from before there was this way
        rows.append(
            Row(
                f"{way.label}, {layer}",
                f"{figures[seconds]:.2f} s, {figures[f'{way.name}mb_per_s']:.0f} MB/s",
                spread_in_words(figures, seconds, "s"),
                way.aim,
            )
        )
        taken = figures[f"{way.name}cpu_s"]
        if taken:
            breakdown = ", ".join(f"{process} {second:.2f} s" for process, second in taken.items())
            rows.append(Row("Its processor time", breakdown))
    if "pipe_over_file" in figures:
        rows.append(
            Row("By a bridge's pipe ÷ by a bridge and the file", f"{figures['pipe_over_file']:.1f}")
        )
    if figures["copied_mb"]:
        breakdown = ", ".join(
            f"{label} {count:.0f}" for label, count in figures["copied_mb"].items()
        )
        rows.append(Row("Megabytes moved, to the engine and back", breakdown))
    if figures["server_peak_mb"] is not None:
        rows.append(
            Row("Most memory of the server meanwhile", f"{figures['server_peak_mb']:.0f} MB")
        )
    return rows


BENCHMARK = Benchmark("transfer", _measure, _rows)
