"""``nst bench``: measure, and report as table, JSON, Markdown and plot."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from nst_server.bench import ABOUT
from nst_server.command import compare, quality
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError

_STANDARD_OUTPUT = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``nst bench`` and its benchmarks; without a name, all speed ones run."""
    parser.set_defaults(name="")
    _add_options(parser)
    names = parser.add_subparsers(metavar="NAME", title="one benchmark")
    for name, about in ABOUT.items():
        # Options left out after the name must not undo those given before it.
        benchmark = names.add_parser(
            name, help=about, description=about, argument_default=argparse.SUPPRESS
        )
        benchmark.set_defaults(name=name)
        _add_options(benchmark)
    about = "two builds in turn on pairs of pictures: time, work, memory and judged quality"
    compare_parser = names.add_parser("compare", help=about, description=about)
    compare_parser.set_defaults(run=compare.run)
    compare.add_arguments(compare_parser)
    about = "results judged by numbers, as a table, as JSON, and on a sheet"
    quality_parser = names.add_parser("quality", help=about, description=about)
    quality_parser.set_defaults(run=quality.run)
    quality.add_arguments(quality_parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json",
        nargs="?",
        type=Path,
        const=_STANDARD_OUTPUT,
        metavar="FILE",
        help="Write one JSON object, to the standard output if no file is named.",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="Draw what can be drawn.")
    parser.add_argument("--markdown", action="store_true", help="Print the table as Markdown.")
    parser.add_argument(
        "--from",
        type=Path,
        dest="measured",
        metavar="FILE",
        help="Measure nothing: show what --json wrote before.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="Tiny sizes: only to see that it works."
    )
    parser.add_argument("--content", type=Path, help="A picture in place of the built-in one.")
    parser.add_argument("--style", type=Path, help="A style in place of the built-in one.")


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Measure and report. Raises `NeuralStyleError`."""
    from nst_server.bench import tables
    from nst_server.pictures.writing.output_file import check_place

    if str(arguments.json) in ABOUT:
        raise NeuralStyleError(
            "bad-usage",
            f"--json {arguments.json} names a file.",
            f"For the benchmark: nst bench {arguments.json} --json.",
        )
    for path in filter(None, (arguments.json, arguments.plot)):
        check_place(path)
    if arguments.measured is None:
        names = [arguments.name] if arguments.name else list(ABOUT)
        if arguments.plot is not None:
            tables.check_plot(names)
        figures, failed = _measure(names, arguments, home)
        if len(failed) == len(names):
            raise failed[0]
    else:
        figures, failed = _read(arguments.measured), []
        if arguments.plot is not None:
            tables.check_plot(figures)
    if arguments.json is not None:
        text = json.dumps(figures, allow_nan=False, indent=1)
        if arguments.json == _STANDARD_OUTPUT:
            print(text)
        else:
            arguments.json.write_text(text + "\n", encoding="utf-8")
    if arguments.markdown:
        print(tables.markdown(figures), end="")
    elif arguments.json != _STANDARD_OUTPUT:
        tables.show(figures)
    if arguments.plot is not None and tables.drawn(figures):
        tables.plot(figures, arguments.plot)
    if failed:
        raise failed[0]
    return 0


def _measure(
    names: list[str], arguments: argparse.Namespace, home: Home
) -> tuple[dict[str, Any], list[NeuralStyleError]]:
    """Return the figures that could be measured and the errors of the other benchmarks."""
    from nst_server.bench.benchmark import Options
    from nst_server.bench.machine import machine, versions
    from nst_server.bench.registry import BENCHMARKS

    for path in filter(None, (arguments.content, arguments.style)):
        if not path.is_file():
            raise NeuralStyleError("bad-image", f"There is no file {path}.")
    options = Options(home, arguments.quick, arguments.content, arguments.style, say=_say)
    figures: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "versions": versions(),
        "quick": arguments.quick,
    }
    failed: list[NeuralStyleError] = []
    for name in names:
        _say(f"{name}: {ABOUT[name]}")
        begun = time.monotonic()
        try:
            figures[name] = BENCHMARKS[name].measure(options)
        except NeuralStyleError as error:
            _say(f"{name}: {error}")
            failed.append(error)
            continue
        figures[name]["took_s"] = time.monotonic() - begun
        for key in ("device", "precision"):
            figures.setdefault(key, figures[name].get(key))
    return figures, failed


def _read(path: Path) -> dict[str, Any]:
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        if not {"machine", "versions", "date"} <= figures.keys():
            raise ValueError
    except OSError as error:
        raise NeuralStyleError("bad-usage", f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, AttributeError):
        raise NeuralStyleError(
            "bad-usage", f"{path} does not hold figures that nst bench --json wrote."
        ) from None
    return dict(figures)


def _say(words: str) -> None:
    print(f"nst bench: {words}", file=sys.stderr, flush=True)
