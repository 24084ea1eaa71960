"""``nst status``, ``stop`` and ``cancel``: requests to a running server."""

from __future__ import annotations

import json
import shlex
from typing import Any

from nst_server.client import routes
from nst_server.client.session import Client, stop_server
from nst_server.command.servers_left import end_by_signals
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError


def status(home: Home, *, as_json: bool) -> int:
    """Print the state of the server; the exit code is 3 if none runs."""
    try:
        with Client.connect(home) as client:
            answer = client.status()
    except NeuralStyleError as error:
        if not as_json or error.code != "server-gone":
            raise
        print(json.dumps({"running": False}))
        return error.exit_code
    command = routes.remote_command(home)
    if as_json:
        print(json.dumps({"running": True, "command": command, **answer}))
    else:
        where = [] if command is None else [f"Reached by: {shlex.join(command)}"]
        print("\n".join([*where, *_lines(answer, client.machine)]))
    return 0


def stop(home: Home) -> int:
    """End the server; it is no error if none runs."""
    stopped = _stop_by_message(home)
    if routes.remote_command(home) is None:
        stopped = end_by_signals(home) or stopped
    print("The server has stopped." if stopped else "No server is running.")
    return 0


def _stop_by_message(home: Home) -> bool:
    """Return True if a server answered, and ended."""
    try:
        stop_server(home)
    except NeuralStyleError as error:
        if error.code not in {"server-gone", "server-failed", "not-authorised"}:
            raise
        return False
    return True


def cancel(home: Home, job: str | None) -> int:
    """Cancel one job, or all of them."""
    with Client.connect(home) as client:
        jobs = [job] if job is not None else [str(entry["id"]) for entry in client.status()["jobs"]]
        cancelled = [name for name in jobs if client.cancel_job(name)]
    if job is not None and not cancelled:
        raise NeuralStyleError("bad-usage", f"There is no job {job}.", "See: nst status.")
    print(f"Cancelled: {', '.join(cancelled) or 'nothing, there are no jobs'}.")
    return 0


def _lines(answer: dict[str, Any], machine: str) -> list[str]:
    server = f"Server {answer['version']}" + (f" on {machine}" if machine else "")
    lines = [f"{server}, process {answer['pid']}, up {answer['uptime']:.0f} s."]
    workers = answer.get("workers", [answer["worker"]])  # a server of before has one
    for worker in workers:
        whose = f" for {worker['gpu']}" if len(workers) > 1 else ""
        device = worker.get("device")
        lines.append(f"Worker{whose}: {worker['state']}" + (f", on {device}." if device else "."))
        lines += [f"- {worker['obstacle']}"] if worker.get("obstacle") else []
    limits = [str(limit) for limit in answer.get("limits", [])]
    if limits:
        lines.append("The server has limits from where it was started; 'nst stop' ends it.")
    lines += [f"- {limit}" for limit in limits]
    for job in answer["jobs"]:
        progress = job.get("progress") or {}
        done = f", {100 * progress['done']:.0f} % done" if "done" in progress else ""
        lines.append(f"Job {job['id']}: {job['state']}{done}.")
    return lines if answer["jobs"] else [*lines, "No jobs."]
