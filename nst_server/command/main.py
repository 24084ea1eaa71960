"""The command line, from arguments to exit code. ``--help`` imports nothing heavy."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence

from nst_server import __version__
from nst_server.command import bench, standard_streams
from nst_server.command.arguments import add_styles, add_stylize
from nst_server.host.home import Home
from nst_server.values.errors import EXIT_CODES, NeuralStyleError, in_words


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``nst`` and return an exit code of `nst_server.values.errors.EXIT_CODES`."""
    standard_streams.prepare()
    try:
        return _run(arguments)
    except BrokenPipeError:  # whoever reads, like head, has enough
        standard_streams.silence(sys.stdout)
        return standard_streams.NOBODY_READS
    except (NeuralStyleError, MemoryError) as error:
        failure = in_words(error)
        print(f"nst: {failure}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        print("nst: Interrupted.", file=sys.stderr)
        return EXIT_CODES["cancelled"]


def _run(arguments: Sequence[str] | None) -> int:
    try:
        parsed = _parser().parse_args(arguments)
        with standard_streams.ended_by_signals():
            code = int(parsed.run(parsed, Home.default()))
    except (OSError, SystemExit):
        standard_streams.flush()  # which says so if it is standard output that fails
        raise
    standard_streams.flush()
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nst", description="Paint a picture in the style of another."
    )
    parser.add_argument("--version", action="version", version=f"nst {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, help: str, run: Callable[[argparse.Namespace, Home], int]
    ) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=help, description=help)
        subparser.set_defaults(run=run)
        return subparser

    add_stylize(command("stylize", "Paint a picture.", _stylize))
    add_styles(command("styles", "Draft a picture in many styles, on one sheet.", _styles))
    serve = command("serve", "Run the server; GIMP and nst start it by themselves.", _serve)
    serve.add_argument(
        "--server-idle",
        type=_seconds,
        default=1800.0,
        metavar="SECONDS",
        help="End after so long without work (default 1800).",
    )
    serve.add_argument(
        "--worker-idle",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="Give the GPU's memory back after so long without work (default 300); 0 does so after "
        "every job.",
    )
    status = command("status", "Say what the server is doing.", _status)
    status.add_argument("--json", action="store_true", help="Print one JSON object.")
    command("stop", "End the server.", _stop)
    cancel = command("cancel", "Cancel a job, or all.", _cancel)
    cancel.add_argument("job", nargs="?", help="Its number as nst status shows it; all if none.")
    doctor = command("doctor", "Find out why something does not work.", _doctor)
    doctor.add_argument("--json", action="store_true", help="Print one JSON object.")
    command("bridge", "Join standard input and output to the server, for another machine.", _bridge)
    remote = command("remote", "Paint on another machine, or on this one again.", _remote)
    remote.add_argument("action", nargs="?", choices=("show", "use", "off"), default="show")
    remote.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        help="What leads there, after use --: ssh box nst bridge, say.",
    )
    weights = command("weights", "Show the network weights, or fetch VGG19's.", _weights)
    weights.add_argument("action", nargs="?", choices=("show", "fetch"), default="show")
    bench.add_arguments(command("bench", "Measure speed, or judge results.", bench.run))
    return parser


def _seconds(word: str) -> float:
    seconds = float(word)
    if not 0 <= seconds < math.inf:
        raise ValueError
    return seconds


_seconds.__name__ = "number of seconds"  # argparse says "invalid number of seconds value"


def _stylize(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import stylize

    return stylize.run(arguments, home)


def _styles(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import styles_sheet

    return styles_sheet.run(arguments, home)


def _serve(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.broker.server import serve

    return serve(home, server_idle=arguments.server_idle, worker_idle=arguments.worker_idle)


def _status(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import remote

    return remote.status(home, as_json=arguments.json)


def _stop(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import remote

    return remote.stop(home)


def _cancel(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import remote

    return remote.cancel(home, arguments.job)


def _doctor(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import doctor

    return doctor.run(home, as_json=arguments.json)


def _bridge(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import other_machine

    return other_machine.run(home)


def _remote(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import other_machine

    if arguments.action == "use":
        words = arguments.command
        return other_machine.use(home, words[1:] if words[:1] == ["--"] else words)
    return other_machine.off(home) if arguments.action == "off" else other_machine.show(home)


def _weights(arguments: argparse.Namespace, home: Home) -> int:
    from nst_server.command import weights

    return weights.fetch(home) if arguments.action == "fetch" else weights.show(home)
