"""Pictures a minute on clusters of one and of two workers: ``python -m …bench.cluster_rate``.

Needs Dask, so it is none of the benchmarks that ``nst bench`` runs.
"""

from __future__ import annotations

import time

from distributed import LocalCluster

from nst_server.bench.inputs import landscape
from nst_server.cluster.dask_cluster import DaskCluster
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished
from nst_server.wire.order import Order, Raster

PICTURES = 12
SIDE = 256


def main() -> None:
    """Print the figures of warm workers of one thread each."""
    for workers in (1, 2):
        print(f"workers: {workers}, pictures a minute: {_pictures_a_minute(workers):.1f}")


def _pictures_a_minute(workers: int) -> float:
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as local,
        DaskCluster(local.scheduler_address) as cluster,
    ):
        _paint(cluster, 4 * workers)  # each worker loads its network meanwhile
        begun = time.perf_counter()
        _paint(cluster, PICTURES)
        return 60 * PICTURES / (time.perf_counter() - begun)


def _paint(cluster: DaskCluster, count: int) -> None:
    painted = 0
    for _, event in cluster.paint([_order()] * count):
        painted += isinstance(event, Finished)
    if painted != count:
        raise RuntimeError(f"{painted} of {count} pictures were painted")


def _order() -> Order:
    content = landscape(SIDE, SIDE)
    picture, style = (
        Raster(SIDE, SIDE, 3, "float32", pixels) for pixels in (content, content[::-1].copy())
    )
    return Job(Settings.of_preset("draft", size=SIDE), picture, (JobStyle(style),))


if __name__ == "__main__":
    main()
