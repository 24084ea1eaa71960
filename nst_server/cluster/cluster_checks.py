"""A connection to a Dask scheduler, and whether it and its workers can paint for this client."""

from __future__ import annotations

import asyncio
import gc
import pkgutil
from collections.abc import Collection
from typing import TYPE_CHECKING

from nst_server import __version__
from nst_server.values.errors import NeuralStyleError

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 5.0

_VERSION = "nst_server:__version__"


def connected(address: str) -> Client:
    """Return a connection to the scheduler at ``address``, whose version is this client's.

    Raises `NeuralStyleError` ``bad-usage``, ``server-gone``, ``server-failed`` or
    ``protocol-mismatch``.
    """
    try:
        import dask

        quiet = {"distributed": "critical", "distributed.client": "critical"}
        dask.config.set(
            {"logging": quiet, "distributed.admin.large-graph-warning-threshold": "1TB"}
        )
        from distributed import Client
    except ImportError:
        raise NeuralStyleError(
            "server-failed",
            "Dask, which a cluster needs, is not installed.",
            "Run: pip install 'neural-style[cluster]'.",
        ) from None
    client: Client | None = None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, asyncio.TimeoutError):
        failure = no_scheduler(address)
    except ValueError:
        failure = NeuralStyleError(
            "bad-usage",
            "{address} is no address of a Dask scheduler.",
            "Write it as tcp://host:8786.",
            address=address,
        )
    if client is None:
        # What was half made ends itself when it is collected, under a lock that the making of the
        # next one holds too: so not whenever the collector happens to run, but now.
        gc.collect()
        raise failure
    try:
        _check_scheduler(client, address)
    except BaseException:
        client.close(CONNECT_SECONDS)
        raise
    return client


def no_scheduler(address: str) -> NeuralStyleError:
    """Return the error for a scheduler that does not answer, or no longer."""
    return NeuralStyleError(
        "server-gone",
        "There is no Dask scheduler at {address}.",
        "Start one there with: dask scheduler.",
        address=address,
    )


def check_versions(client: Client, workers: Collection[str]) -> None:
    """Raise `NeuralStyleError` if a worker lacks our package, or has it in another version."""
    versions = client.run(pkgutil.resolve_name, _VERSION, workers=workers, on_error="return")
    for worker, version in versions.items():
        if isinstance(version, ImportError):
            raise NeuralStyleError(
                "server-failed",
                "The worker {worker} has no neural-style to paint with.",
                "Install it into the Python that this worker runs in, and start the worker again.",
                worker=worker,
            )
        if isinstance(version, str) and version != __version__:
            raise NeuralStyleError(
                "protocol-mismatch",
                "The worker {worker} has version {other} of neural-style, and this is {version}.",
                "Install the same version on both sides, and start that worker again.",
                worker=worker,
                other=version,
                version=__version__,
            )


def check_weights(client: Client, workers: Collection[str], backbone: str) -> None:
    """Raise `NeuralStyleError` ``weights-missing`` if a worker has no weights of ``backbone``."""
    from nst_server.cluster.painting_task import lacking_weights

    reasons = client.run(lacking_weights, backbone, workers=workers, on_error="return")
    for worker, reason in reasons.items():
        if isinstance(reason, str) and reason:
            raise NeuralStyleError(
                "weights-missing",
                "The worker {worker} cannot paint: {reason}",
                "Install them there (nst weights fetch), or end that worker.",
                worker=worker,
                reason=reason,
            )


def _check_scheduler(client: Client, address: str) -> None:
    try:
        version = client.run_on_scheduler(pkgutil.resolve_name, _VERSION)
    except ImportError:
        raise NeuralStyleError(
            "server-failed",
            "The scheduler at {address} has no neural-style, whose tasks it is to pass on.",
            "Install it into the Python that the scheduler runs in, and start that again.",
            address=address,
        ) from None
    except OSError:
        raise no_scheduler(address) from None
    if version != __version__:
        raise NeuralStyleError(
            "protocol-mismatch",
            "The scheduler at {address} has version {other} of neural-style, and this is "
            "{version}.",
            "Install the same version on both sides, and start the scheduler again.",
            address=address,
            other=version,
            version=__version__,
        )
