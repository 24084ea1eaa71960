"""The server process: a lock, a log, keys and sockets around one broker."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import zmq

from nst_server import __version__
from nst_server.broker.authentication import KeyPair, KnownKeys
from nst_server.broker.broker import CLIENTS, Broker
from nst_server.broker.file_lock import ServerLock
from nst_server.broker.logs import log_to
from nst_server.broker.orphan import end_orphan, worker_lock, worker_locks
from nst_server.broker.registration import Registration, forget_ended
from nst_server.broker.signals import wake_at_signals
from nst_server.broker.sockets import bound_router, endpoint_of
from nst_server.broker.worker_process import default_command
from nst_server.broker.worker_slot import DOMAIN as WORKERS
from nst_server.broker.worker_slot import WorkerSlot
from nst_server.broker.workers import Workers
from nst_server.host import obstacles, trust
from nst_server.host.home import Home
from nst_server.host.nvidia import usable_gpus
from nst_server.host.process_limits import lift_soft_limits
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.protocol import PROTOCOL

_log = logging.getLogger(__name__)


def serve(
    home: Home,
    *,
    server_idle: float = 1800.0,
    worker_idle: float = 300.0,
    worker_command: Sequence[str] | None = None,
) -> int:
    """Run the server of ``home`` until it is told to stop or idle; return the exit code.

    If one already runs in this place, say so and return 0: two clients may start one at once.
    Raises `NeuralStyleError` ``unwritable``.
    """
    lift_soft_limits()
    with ExitStack() as stack:
        obstacles.check(home)
        try:
            trust.prepare(home)
            lock = stack.enter_context(ServerLock(home.lock_file))
            if not lock.held:
                print(f"A server is already running for {home.root}.")
                return 0
            stack.enter_context(log_to(home.server_log))
            forget_ended(home)
        except OSError as error:
            raise _unwritable(home, error) from None
        for left in worker_locks(home.lock_file):
            end_orphan(left)
        context: zmq.Context[zmq.Socket[bytes]] = stack.enter_context(zmq.Context())
        known = stack.enter_context(KnownKeys(context))
        server_keys, client_keys = KeyPair.new(), KeyPair.new()
        known.allow(CLIENTS, client_keys.public)
        clients = stack.enter_context(bound_router(context, known, CLIENTS, server_keys))
        workers = stack.enter_context(bound_router(context, known, WORKERS, server_keys))
        details = {
            "endpoint": endpoint_of(workers),
            "server_public": server_keys.public.decode(),
            "weights": str(home.weights),
            "programs": str(home.programs),
            "exchange": str(home.exchange),
        }
        slot = partial(WorkerSlot, workers, known, worker_command or default_command(), worker_idle)
        slots = [
            slot({**details, "lock": str(worker_lock(home.lock_file, number))}, number, gpu)
            for number, gpu in enumerate(usable_gpus(os.environ) or [None], start=1)
        ]
        connection = Connection(
            endpoint=endpoint_of(clients),
            protocol=PROTOCOL,
            version=__version__,
            pid=os.getpid(),
            started=time.time(),
            server_public=server_keys.public.decode(),
            client_public=client_keys.public.decode(),
            client_secret=client_keys.secret.decode(),
        )
        registration = Registration(lock, home.connection_file, connection)
        broker = Broker(
            home,
            clients,
            workers,
            Workers(slots),
            known,
            server_idle=server_idle,
            found=registration.renew,
        )
        stack.callback(broker.close)
        wake = stack.enter_context(wake_at_signals(broker.stop))
        stack.callback(registration.withdraw)
        try:
            registration.write()
        except OSError as error:
            raise _unwritable(home, error) from None
        _log.info("server %s of %s is ready", __version__, home.root)
        broker.run(wake)
        _log.info("server ends")
    return 0 if broker.failure is None else broker.failure.exit_code


def _unwritable(home: Home, error: OSError) -> NeuralStyleError:
    return NeuralStyleError(
        "unwritable",
        "The server cannot write to {path}: {reason}.",
        path=home.root,
        reason=error.strerror,
    )
