"""Whatever a damaged file makes a decoder do, people read a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_two_thousand_damaged_files_get_sentences() -> None:
    words = [sys.executable, "-m", "tests.support.damage", "2000", "23"]
    read = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert read.returncode == 0, f"{read.stdout[-2000:]}\nlast: {read.stderr[-200:]}"
