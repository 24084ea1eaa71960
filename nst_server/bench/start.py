"""``start``: time that the user waits for a first sign of life, in fresh homes and processes."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import closing

from nst_server.bench.benchmark import Benchmark, Figures, Options, Row, spread_in_words, summary
from nst_server.bench.child import interpreter
from nst_server.bench.inputs import landscape
from nst_server.bench.servers import finished, first_painting, started, temporary_home
from nst_server.client.launcher import server_environment
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.order import Raster


def _measure(options: Options) -> Figures:
    side, cold, warm = (64, 1, 1) if options.quick else (256, 3, 5)
    helps = [_help_seconds(options.home) for _ in range(2 if options.quick else 10)]
    ready: list[float] = []
    first_cold: list[float] = []
    first_warm: list[float] = []
    worker: dict[str, str] = {}
    for _ in range(cold):
        with temporary_home(options.home) as home:
            client, seconds = started(home)
            ready.append(seconds)
            with closing(client):
                first_cold.append(_first_seconds(client, side))
                first_warm += [_first_seconds(client, side) for _ in range(warm)]
                worker = dict(client.status()["worker"])
    return {
        **summary(
            {
                "help_s": helps,
                "server_ready_s": ready,
                "first_iterate_cold_s": first_cold,
                "first_preview_warm_s": first_warm,
            }
        ),
        **{name: worker.get(name) for name in ("device", "backbone", "precision")},
        "side": side,
    }


def _help_seconds(home: Home) -> float:
    begun = time.perf_counter()
    completed = subprocess.run(
        [*interpreter(), "-m", "nst_server", "--help"],
        stdout=subprocess.DEVNULL,
        env=server_environment(home, os.environ),
    )
    if completed.returncode != 0:
        raise NeuralStyleError("internal", f"nst --help ended with code {completed.returncode}.")
    return time.perf_counter() - begun


def _first_seconds(client: Client, side: int) -> float:
    """Seconds from submit to the first iterate with its preview; the job is then ended."""
    content = landscape(side, side)
    style = content[::-1].copy()
    picture, upside_down = (Raster(side, side, 3, "float32", pixels) for pixels in (content, style))
    order = Job(Settings.of_preset("draft"), picture, (JobStyle(upside_down),))
    begun = time.perf_counter()
    client.submit(order)
    first = first_painting(client)
    seconds = time.perf_counter() - begun
    if first.preview is None:
        raise NeuralStyleError("internal", "The first iterate came without a preview.")
    client.keep()
    finished(client)
    return seconds


def _rows(figures: Figures) -> list[Row]:
    side = figures["side"]
    labels = (
        ("help_s", "nst --help", "≤ 0.15 s"),
        ("server_ready_s", "Server ready, nothing running before", "≤ 0.5 s"),
        ("first_iterate_cold_s", f"Cold worker to first iterate, {side} px", "≤ 6 s"),
        ("first_preview_warm_s", f"Warm submit to first preview, {side} px", "≤ 0.8 s"),
    )
    return [
        Row(label, f"{figures[name]:.2f} s", spread_in_words(figures, name, "s"), aim)
        for name, label, aim in labels
    ]


BENCHMARK = Benchmark("start", _measure, _rows)
