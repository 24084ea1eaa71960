"""Measuring in a process of its own: so that memory is its own, and nothing is warm from before.

A measuring module has a function ``run(**arguments)``; its JSON value comes back on the standard
output, after any number of lines that only say what goes on.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nst_server
from nst_server.bench.benchmark import Figures, Options
from nst_server.host.tensorflow_environment import worker_environment
from nst_server.values.errors import NeuralStyleError


def measured(module: str, options: Options, **arguments: Any) -> Figures:
    """What ``run`` of ``nst_server.bench.<module>`` returns in a fresh interpreter.

    The environment is that of a worker. Raises `NeuralStyleError`.
    """
    words = [module, json.dumps(arguments)]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [*interpreter(), "-m", "nst_server.bench.child", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment(),
            encoding="utf-8",
        )
        assert process.stdout is not None
        try:
            with process.stdout as lines:
                for line in lines:
                    told = json.loads(line)
                    if "error" in told:
                        raise NeuralStyleError.from_wire(told["error"])
                    if "result" in told:
                        return dict(told["result"])
                    options.say(told["say"])
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        complaints.seek(0)
        last = complaints.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NeuralStyleError(
            "internal",
            f"The benchmark {module} ended with code {process.returncode}.",
            " ".join(last)[:500],
        )


def interpreter() -> list[str]:
    """The command of this interpreter, as isolated as it is."""
    return [sys.executable, *(["-I"] if sys.flags.isolated else [])]


def environment(**more: str) -> dict[str, str]:
    """A worker's environment, in which this very package is found."""
    found = {"TF_CPP_MIN_LOG_LEVEL": "3", **worker_environment(os.environ), **more}
    folders = [str(Path(nst_server.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return {**found, "PYTHONPATH": os.pathsep.join(filter(None, folders))}


def say(words: str) -> None:
    """Tell the person who waits, from inside a measuring process."""
    print(json.dumps({"say": words}), flush=True)


def main() -> int:
    """Run one measuring module."""
    module, arguments = sys.argv[1:]
    run = importlib.import_module(f"nst_server.bench.{module}").run
    try:
        print(json.dumps({"result": run(**json.loads(arguments))}), flush=True)
    except NeuralStyleError as error:
        print(json.dumps({"error": error.to_wire()}), flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
