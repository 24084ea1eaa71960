"""Contact sheets: pictures side by side, each with a caption."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

PANEL = 480
"""Longest side of a picture on a sheet, in pixels."""

_GAP = 16
_TEXT = 18
_LINE = 24
_PAPER = (245, 245, 245)
_INK = (30, 30, 30)


def contact_sheet(panels: Sequence[tuple[Image.Image, str]], columns: int = 4) -> Image.Image:
    """The pictures in rows, none enlarged, each above its caption; lines of it are kept apart."""
    columns = min(len(panels), columns)
    rows = math.ceil(len(panels) / columns)
    shown = [_shrunk(image) for image, _ in panels]
    width = max(PANEL // 2, *(image.width for image in shown))
    height = max(image.height for image in shown)
    font = ImageFont.load_default(_TEXT)
    captions = [
        "\n".join(_fitting(line, width, font) for line in caption.splitlines())
        for _, caption in panels
    ]
    lines = max(caption.count("\n") + 1 for caption in captions)
    cell = width + _GAP, height + _GAP + lines * _LINE
    sheet = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (image, caption) in enumerate(zip(shown, captions, strict=True)):
        row, column = divmod(number, columns)
        left, top = column * cell[0] + _GAP, row * cell[1] + _GAP
        place = left + (width - image.width) // 2, top + height - image.height
        sheet.paste(image, place, image if image.mode == "RGBA" else None)
        draw.multiline_text((left, top + height + 4), caption, _INK, font, spacing=_LINE - _TEXT)
    return sheet


def _shrunk(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA" if image.mode == "RGBA" else "RGB")
    image.thumbnail((PANEL, PANEL), Image.Resampling.LANCZOS)
    return image


def _fitting(line: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """``line``, its middle left out where it would not fit."""
    kept = len(line)
    while font.getlength(shown := _shortened(line, kept)) > width and kept > 2:
        kept -= 1
    return shown


def _shortened(line: str, kept: int) -> str:
    return (
        line if kept >= len(line) else f"{line[: (kept + 1) // 2]}…{line[len(line) - kept // 2 :]}"
    )
