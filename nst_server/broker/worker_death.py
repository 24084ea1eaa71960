"""The end of a worker, told to the client whose job ended with it."""

from __future__ import annotations

from pathlib import Path

from nst_server.broker.worker_slot import State
from nst_server.host.process_limits import memory_is_limited
from nst_server.values.errors import NeuralStyleError


def worker_death(state: State, reason: str, log: Path) -> NeuralStyleError:
    """Return the error of a worker that ended for ``reason`` while it was in ``state``."""
    if "SIGXCPU" in reason:
        return NeuralStyleError(
            "worker-died",
            "The painting process used up its processor time ({reason}).",
            "The server was started where that is limited (ulimit -t): end it with 'nst stop' and "
            "try again from elsewhere. The log is {log}.",
            reason=reason,
            log=log,
        )
    if memory_is_limited():
        return NeuralStyleError(
            "worker-died",
            "The painting process ended before it was done ({reason}).",
            "Its memory is limited where the server was started (ulimit -v): end it with "
            "'nst stop' and try again from elsewhere. The log is {log}.",
            reason=reason,
            log=log,
        )
    if state is State.STARTING:
        return NeuralStyleError(
            "worker-died",
            "The painting process could not be started ({reason}).",
            "The log is {log}.",
            reason=reason,
            log=log,
        )
    if "SIGKILL" in reason:
        return NeuralStyleError(
            "worker-died",
            "The painting process was killed in the middle of its work ({reason}).",
            "The system may have run out of memory: try a smaller size. The log is {log}.",
            reason=reason,
            log=log,
        )
    return NeuralStyleError(
        "worker-died",
        "The painting process ended in the middle of its work ({reason}).",
        "The log is {log}.",
        reason=reason,
        log=log,
    )
