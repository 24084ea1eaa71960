"""Measure in a separate process, whose memory is its own and in which nothing is warm yet.

A measuring module has a function ``run(**arguments)``. Its JSON value comes back on the standard
output, after any number of lines that only report progress.
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
    """Call ``run`` of ``nst_server.bench.<module>`` in a fresh interpreter; return its value.

    The environment is that of a worker. Raises `NeuralStyleError`.
    """
    words = [module, json.dumps(arguments)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*interpreter(), "-m", "nst_server.bench.child", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(),
            encoding="utf-8",
        )
        assert process.stdout is not None
        try:
            with process.stdout as lines:
                for line in lines:
                    message = json.loads(line)
                    if "error" in message:
                        raise NeuralStyleError.from_wire(message["error"])
                    if "result" in message:
                        return dict(message["result"])
                    options.say(message["say"])
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NeuralStyleError(
            "internal",
            f"The benchmark {module} ended with code {process.returncode}.",
            " ".join(last)[:500],
        )


def interpreter() -> list[str]:
    """Command that starts this interpreter, isolated if the running one is."""
    return [sys.executable, *(["-I"] if sys.flags.isolated else [])]


def environment(**more: str) -> dict[str, str]:
    """Environment of a worker in which this package can be imported."""
    variables = {"TF_CPP_MIN_LOG_LEVEL": "3", **worker_environment(os.environ), **more}
    folders = [str(Path(nst_server.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return {**variables, "PYTHONPATH": os.pathsep.join(filter(None, folders))}


def say(words: str) -> None:
    """Show progress to the waiting user, from inside a measuring process."""
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
