#!/usr/bin/env python3
"""GIMP starts this file; all else is in the package beside it."""

import sys
from pathlib import Path

from neural_style_gimp.plugin import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv))
