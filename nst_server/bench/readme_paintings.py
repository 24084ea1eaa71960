"""The README's paintings: ``python -m nst_server.bench.readme_paintings SHEET.jpg PHOTOGRAPH…``.

Paints each photograph in a sample style with the preset ``standard``, and puts every painting above
its photograph and its style. The README's photographs are those of scikit-image's wheel that may be
shared: ``chelsea.png`` and ``coffee.png`` (CC0), ``rocket.jpg`` (SpaceX, public domain).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.painter import Painter
from nst_server.host.home import Home
from nst_server.pictures import sample_styles
from nst_server.values.settings import Settings

STYLES = ("brushwork", "watercolour", "swirls")
"""The sample styles, in the order of the photographs; from the first again for more."""

WORKED = 768
"""Pixels. Longest side that is painted at."""

PANEL = (440, 300)
"""Pixels. Size of each painting on the sheet."""

GAP = 12
PAPER, INK = (255, 255, 255), (90, 90, 90)


def painting(painter: Painter, photograph: Image.Image, style: Image.Image) -> Image.Image:
    """The photograph in the style."""
    settings = Settings.of_preset("standard", size="full")
    (*_, last) = painter.stylize(_picture(photograph), [Style(_picture(style))], settings)
    return Image.fromarray(np.rint(last.result() * 255).astype(np.uint8))


def sheet(groups: list[tuple[Image.Image, Image.Image, Image.Image]]) -> Image.Image:
    """Photograph, style and painting of each group: the painting above, the others below it."""
    width, height = PANEL
    small = (width - 3 * GAP) // 2, height // 2
    total = len(groups) * (width + GAP) + GAP, height + small[1] + 3 * GAP
    page = Image.new("RGB", total, PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(28)
    for number, (photograph, style, painted) in enumerate(groups):
        left, below = GAP + number * (width + GAP), height + 2 * GAP
        page.paste(_filling(painted, PANEL), (left, GAP))
        page.paste(_filling(photograph, small), (left, below))
        page.paste(_filling(style, small), (left + width - small[0], below))
        middle = left + width // 2, below + small[1] // 2
        draw.text(middle, "+", INK, font, anchor="mm")
    return page


def main(words: list[str]) -> int:
    """Paint and write the sheet."""
    target, *files = map(Path, words)
    painter = Painter(Home.default().weights)
    groups = []
    for number, file in enumerate(files):
        photograph = Image.open(file).convert("RGB")
        photograph.thumbnail((WORKED, WORKED), Image.Resampling.LANCZOS)
        style = sample_styles.paint(STYLES[number % len(STYLES)])
        groups.append((photograph, style, painting(painter, photograph, style)))
        print(file.name, flush=True)
    sheet(groups).save(target, quality=88)
    return 0


def _picture(image: Image.Image) -> Picture:
    return Picture(np.asarray(np.asarray(image) / 255, np.float32))


def _filling(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of an image, filling ``size``."""
    factor = max(size[0] / image.width, size[1] / image.height)
    larger = image.resize(
        (round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS
    )
    left, top = (larger.width - size[0]) // 2, (larger.height - size[1]) // 2
    return larger.crop((left, top, left + size[0], top + size[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
