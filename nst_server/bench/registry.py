"""All benchmarks by name, without importing what they measure."""

from __future__ import annotations

from nst_server.bench import classic, folder_rate, growth, round_trip, start, step
from nst_server.bench.benchmark import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        step.BENCHMARK,
        classic.BENCHMARK,
        start.BENCHMARK,
        round_trip.BENCHMARK,
        growth.BENCHMARK,
        folder_rate.BENCHMARK,
    )
}
"""The benchmarks in running order."""
