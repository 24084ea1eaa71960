"""Whoever paints for ``nst stylize``: the server, this process, or a cluster."""

from __future__ import annotations

import argparse

from nst_server.command.console import Console
from nst_server.host.home import Home
from nst_server.studio.backend import Backend, backend_for


def chosen_backend(arguments: argparse.Namespace, home: Home, console: Console) -> Backend:
    """Return the backend that the arguments ask for.

    Raises `NeuralStyleError` for a cluster that does not answer.
    """
    if arguments.cluster is None:
        return backend_for(home, arguments.local, console.waiting)
    from nst_server.cluster.dask_cluster import DaskCluster

    return DaskCluster(arguments.cluster)
