"""Running the command as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NST = (sys.executable, "-m", "nst_server")
QUICK = ("--preset", "draft", "--iterations", 2, "--size", 96)


def nst(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NST, *map(str, arguments)],
        env={**os.environ, "NST_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )


def stylize(home: Path, files: Path, *flags: object) -> subprocess.CompletedProcess[str]:
    content, style, output = files / "content.png", files / "style.png", files / "out.png"
    output.unlink(missing_ok=True)
    return nst(home, "stylize", content, "--style", style, "-o", output, *QUICK, *flags)
