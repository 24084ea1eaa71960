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
    """Arrange pictures in rows, none enlarged, each above its caption of one or more lines."""
    columns = min(len(panels), columns)
    rows = math.ceil(len(panels) / columns)
    thumbnails = [_shrunk(image) for image, _ in panels]
    width = max(PANEL // 2, *(image.width for image in thumbnails))
    height = max(image.height for image in thumbnails)
    font = ImageFont.load_default(_TEXT)
    captions = [
        "\n".join(_fitting(line, width, font) for line in caption.splitlines())
        for _, caption in panels
    ]
    lines = max(caption.count("\n") + 1 for caption in captions)
    cell = width + _GAP, height + _GAP + lines * _LINE
    sheet = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (image, caption) in enumerate(zip(thumbnails, captions, strict=True)):
        row, column = divmod(number, columns)
        left, top = column * cell[0] + _GAP, row * cell[1] + _GAP
        position = left + (width - image.width) // 2, top + height - image.height
        sheet.paste(image, position, image if image.mode == "RGBA" else None)
        draw.multiline_text((left, top + height + 4), caption, _INK, font, spacing=_LINE - _TEXT)
    return sheet


def _shrunk(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA" if image.mode == "RGBA" else "RGB")
    image.thumbnail((PANEL, PANEL), Image.Resampling.LANCZOS)
    return image


def _fitting(line: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Shorten ``line`` to ``width`` pixels by replacing its middle with an ellipsis."""
    length = len(line)
    while font.getlength(shortened := _shortened(line, length)) > width and length > 2:
        length -= 1
    return shortened


def _shortened(line: str, length: int) -> str:
    return (
        line
        if length >= len(line)
        else f"{line[: (length + 1) // 2]}…{line[len(line) - length // 2 :]}"
    )
