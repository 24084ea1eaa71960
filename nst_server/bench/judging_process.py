"""The judging process of ``compare``: every painting judged against its pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nst_server.bench.benchmark import Figures
from nst_server.bench.judge import Judge
from nst_server.engine.canvas.picture import Picture


def run(weights: str, paintings: Sequence[Sequence[str]]) -> Figures:
    """Judge ``paintings``, each the files of content, style and result, as `nst bench quality`."""
    judge = Judge(Path(weights))

    def judged(content: str, style: str, result: str) -> dict[str, Any]:
        quality = judge.judge(_read(content), [_read(style)], _read(result))
        return {"style_distance": quality.style_distance, **asdict(quality)}

    return {"judged": [judged(*files) for files in paintings]}


def _read(file: str) -> Picture:
    with Image.open(file) as image:
        return Picture(np.asarray(np.asarray(image.convert("RGB")) / 255, np.float32))
