"""``nst bench compare``: paint pairs by two builds in turn, and compare what it took and gave."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from nst_server.host.home import Home

_QUICK_SIZE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``nst bench compare``."""
    parser.add_argument(
        "build",
        metavar="BUILD",
        help="The other build: a folder with a checkout of this project, or a git revision.",
    )
    parser.add_argument("--size", type=int, default=512, help="Pixels of the longest side.")
    parser.add_argument("--photographs", type=Path, metavar="FOLDER", help="In place of built-in.")
    parser.add_argument("--styles", type=Path, metavar="FOLDER", help="In place of built-in.")
    for side, whose in (("both", "both builds"), ("this", "this build only")):
        parser.add_argument(
            f"--{side}",
            default="",
            metavar="'OPTIONS'",
            help=f"Options of nst stylize for {whose}: --{side}='--preset draft'.",
        )
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write all figures.")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="Write one sheet of pictures.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="Keep pictures and paintings.")
    parser.add_argument(
        "--quick", action="store_true", help="A tiny size and few pairs: only to see that it works."
    )


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Compare, and print the table as Markdown. Raises `NeuralStyleError`."""
    from nst_server.bench import build_comparison, builds, pairs
    from nst_server.bench.benchmark import Options
    from nst_server.pictures.writing import formats, output_file
    from nst_server.pictures.writing.writer import write_image

    for path in filter(None, (arguments.json, arguments.sheet)):
        output_file.check_place(path)
    if arguments.sheet is not None:
        formats.format_of(arguments.sheet)
    size = _QUICK_SIZE if arguments.quick else arguments.size
    words = shlex.split(arguments.both)
    options = Options(home, arguments.quick, say=_say)
    with ExitStack() as stack:
        other = stack.enter_context(builds.sources(arguments.build))
        folder = arguments.keep
        if folder is None:
            temporary = tempfile.TemporaryDirectory(prefix="nst-compare-")
            folder = Path(stack.enter_context(temporary))
        folder.mkdir(parents=True, exist_ok=True)
        chosen = pairs.pairs(folder, size, arguments.photographs, arguments.styles)
        comparison = build_comparison.BuildComparison(
            chosen[:2] if arguments.quick else chosen, size, folder
        )
        added = {"other": words, "this": [*words, *shlex.split(arguments.this)]}
        sides = {
            side: stack.enter_context(builds.build(sources, home, added[side]))
            for side, sources in (("other", other), ("this", builds.THIS))
        }
        figures = {"build": arguments.build, **comparison.measure(sides, options)}
        if arguments.sheet is not None:
            write_image(arguments.sheet, comparison.sheet(figures))
    if arguments.json is not None:
        text = json.dumps(figures, allow_nan=False, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print(build_comparison.markdown(figures), end="")
    return 0


def _say(words: str) -> None:
    print(f"nst bench: {words}", file=sys.stderr, flush=True)
