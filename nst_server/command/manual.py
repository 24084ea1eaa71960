"""Web page of the README's user part: ``python -m nst_server.command.manual README FOLDER``.

The installer puts it beside the plug-in, where the Help button of the dialog finds it.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

FIRST, BEHIND = "## In GIMP", "## For developers"
"""Headings with which the user part begins and before which it ends."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font-family: sans-serif; line-height: 1.5; max-width: 50em; margin: 2em auto; }}
  img {{ max-width: 100%; }}
  pre {{ background: #8882; padding: 0.7em; overflow-x: auto; }}
  table {{ border-collapse: collapse; }}
  td, th {{ border-top: 1px solid #8886; padding: 0.3em 0.6em; text-align: left; }}
</style>
<h1>{title}</h1>
{body}
"""


def manual(readme: str) -> str:
    """Return the page made from the text of the README."""
    title = readme.partition("\n")[0].removeprefix("# ")
    part = readme[readme.index(f"\n{FIRST}\n") : readme.index(f"\n{BEHIND}\n")]
    body = MarkdownIt("commonmark").enable("table").render(part)
    return PAGE.format(title=escape(title), body=body)


def write(readme: Path, folder: Path) -> None:
    """Write the page as ``index.html`` into ``folder``, and its pictures beside it."""
    page = manual(readme.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for name in pictures(page):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(readme.parent / name, target)
    (folder / "index.html").write_text(page, encoding="utf-8")


def pictures(page: str) -> list[str]:
    """Return the paths of the pictures in a page, relative to the README's folder."""
    return re.findall(r'<img src="([^":]+)"', page)


def main(words: Sequence[str]) -> int:
    """Write the page of the given README into the given folder."""
    readme, folder = words
    write(Path(readme), Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
