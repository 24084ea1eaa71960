"""Six style pictures, painted by numpy and Pillow from fixed seeds.

They are designed as styles: visible strokes at several scales, rich palettes, light against dark.
They are painted at twice their size and reduced, so that strokes have soft edges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from nst_server.pictures.brushes import (
    FINE,
    SIDE,
    Brush,
    WetPaint,
    blur,
    eight_bits,
    grid,
    noise,
    palette,
    reduced,
    shade,
    streaks,
)


def write(folder: Path) -> list[Path]:
    """Paint every picture into ``folder``, except existing ones, and return all their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in NAMES:
        path = folder / f"{name}.jpg"
        if not path.exists():
            part = path.with_suffix(".part")
            paint(name).save(part, "JPEG", quality=94, subsampling=0)
            part.replace(path)
        paths.append(path)
    return paths


def paint(name: str) -> Image.Image:
    """Paint the picture called ``name``, identical every time."""
    return _PAINTERS[name](np.random.default_rng(NAMES.index(name) + 7))


def _swirls(random: np.random.Generator) -> Image.Image:
    """A night sky that turns, in thick paint: ultramarine, cobalt and straw yellow."""
    x, y = grid()
    angle_x, angle_y = 0.9 + 0.25 * noise(random, 4), 0.35 * noise(random, 4)
    glow = np.zeros_like(x)
    eddies = [(0.3, 0.32, 0.2, 1), (0.72, 0.22, 0.13, -1), (0.62, 0.66, 0.22, -1)]
    eddies += [
        (0.14, 0.76, 0.12, 1),
        (0.9, 0.55, 0.1, 1),
        (0.42, 0.9, 0.1, 1),
        (0.06, 0.1, 0.1, -1),
    ]
    rings = np.zeros_like(x)
    for column, row, size, sense in eddies:
        dx, dy = x - column, y - row
        distance = np.hypot(dx, dy)
        pull = 3.2 * np.exp(-((distance / size) ** 2) * 0.7)
        angle_x += pull * (-dy * sense) / (distance + 0.01)
        angle_y += pull * (dx * sense) / (distance + 0.01)
        glow = np.maximum(glow, np.exp(-((distance / (0.42 * size)) ** 2)))
        rings += np.exp(-((distance / size) ** 2)) * np.sin(distance / size * 13)
    angle = np.arctan2(angle_y, angle_x).astype(np.float32)
    night = palette("0b1437 12235c 1d3f8f 2a63b4 3f8cc4 7fbccb c9dfcf")
    bands = streaks(random, angle[::2, ::2], 90, 14).repeat(2, 0).repeat(2, 1)
    scene = shade(0.40 + 0.17 * bands + 0.16 * rings - 0.12 * (y - 0.5), night)
    fire = shade(glow, palette("d2811d e9b22c f7dc62 fff6c4"))
    share = np.clip(1.9 * glow - 0.35 + 0.25 * rings * (glow > 0.1), 0, 1)[..., None]
    scene = scene * (1 - share) + fire * share
    canvas = WetPaint(random, scene * 0.6)
    canvas.stroke(scene, angle, Brush(44, 210, 1.5, 0.12))
    canvas.stroke(scene, angle, Brush(26, 150, 1.6, 0.14))
    edges = np.clip(glow * 2 + 0.35, 0, 1)
    canvas.stroke(scene * 1.08 + 0.02, angle, Brush(15, 95, 0.7, 0.2, edges))
    return canvas.finish(2.4)


def _brushwork(random: np.random.Generator) -> Image.Image:
    """Broad autumn strokes: crimson, orange and ochre against deep green and blue."""
    hills = noise(random, 3, 2)
    down, across = np.gradient(blur(hills, 30))
    angle = (np.arctan2(across, -down) + 0.25 * noise(random, 6)).astype(np.float32)
    colors = palette("0d1b2a 1b3a4b 2f5d50 6b7f3a c9a227 f4c95d ee7b30 d1382f 7a1630 2b0f2e")
    place = 0.5 + 0.27 * hills + 0.06 * noise(random, 24)
    scene = shade(np.round(place * 12) / 12, colors)
    canvas = WetPaint(random, scene * 0.5)
    canvas.stroke(scene, angle, Brush(84, 330, 1.6, 0.12))
    canvas.stroke(scene, angle + 0.25, Brush(48, 220, 1.2, 0.16))
    canvas.stroke(scene * 1.15 + 0.03, angle - 0.2, Brush(26, 150, 0.5, 0.22))
    accent = shade(1 - place, colors)
    canvas.stroke(accent, angle, Brush(18, 120, 0.12, 0.15))
    return canvas.finish(2.0)


def _points(random: np.random.Generator) -> Image.Image:
    """Divided color: a lake at sunset in dots that mix only in the eye."""
    x, y = grid()
    shore = 0.5 + 0.004 * np.sin(9 * x)
    sky = shade(y / 0.55 + 0.05 * noise(random, 5), palette("27408b 5b6fb5 b98bb5 f2a07b ffd36e"))
    water = shade(
        (y - 0.5) * 2 + 0.13 * np.sin(70 * y + 3 * x),
        palette("f7b267 c9718a 4f6fa8 1f5f7a 10324f"),
    )
    sun = np.exp(-(((x - 0.64) ** 2 + (y - 0.36) ** 2) / 0.006))[..., None]
    scene = np.where((y < shore)[..., None], sky + sun * (palette("fff3b0")[0] - sky), water)
    path = np.exp(-(((x - 0.64) / 0.07) ** 2)) * (y > shore) * (0.6 + 0.4 * np.sin(120 * y))
    scene = scene + path[..., None].clip(0, 1) * 0.8 * (palette("ffd98a")[0] - scene)
    ridge = 0.075 + 0.035 * noise(random, 7, 3)[1][None, :]
    hills = (y < shore) & (y > shore - ridge)
    crown = np.hypot((x - 0.12) / 0.24, (y - 0.27) / 0.3) < 1 + 0.13 * noise(random, 12, 2)
    trunk = (np.abs(x - 0.13 - 0.02 * np.sin(8 * y)) < 0.022) & (y > 0.3) & (y < 0.86)
    bank = y > 0.84 + 0.5 * (x - 0.1) ** 2 + 0.015 * noise(random, 9)
    leaves = shade(0.45 + 0.25 * noise(random, 14, 2), palette("0c2b2b 14503f 4f7f39 c9b83c"))
    far = shade(0.5 + 0.3 * noise(random, 12), palette("2b2a5c 4a4c8c 7a5f9c"))
    scene = np.where(hills[..., None], far, scene)
    scene = np.where((crown | bank)[..., None], leaves, scene)
    scene = np.where((trunk & ~crown)[..., None], palette("3a1f2b")[0], scene)
    image = Image.fromarray(eight_bits(scene * 0.72 + 0.12))
    draw = ImageDraw.Draw(image)
    for radius, count in ((17, 16000), (13, 26000), (9, 22000)):
        spots = random.uniform(0, FINE, (count, 2))
        at = spots.astype(np.intp)
        color = scene[at[:, 1], at[:, 0]]
        gray = color.mean(1, keepdims=True)
        shift = random.choice(5, count, p=(0.56, 0.12, 0.1, 0.11, 0.11))[:, None]
        purer = gray + (color - gray) * 1.7
        lighter, other = color * 0.75 + 0.25, gray * 1.5 - color * 0.5
        warm = color * 0.55 + gray * palette("ff9a3c")[0] * 0.7
        cool = color * 0.5 + gray * palette("3c5cff")[0] * 0.8
        dots = np.select([shift == i for i in range(5)], [purer, lighter, other, warm, cool])
        dots = dots * (1 + 0.12 * random.standard_normal((count, 1)))
        dots = dots + 0.055 * random.standard_normal((count, 3))
        sizes = radius * random.uniform(0.7, 1.15, count)
        for (column, row), dot, size in zip(spots, eight_bits(dots), sizes, strict=True):
            box = (column - size, row - size * 0.85, column + size, row + size * 0.85)
            draw.ellipse(box, tuple(int(value) for value in dot))
    return reduced(np.asarray(image, np.float32) / 255)


def _glass(random: np.random.Generator) -> Image.Image:
    """A leaded window: deep blue, ruby, emerald and gold, with light behind it."""
    side = SIDE
    x, y = grid(side)
    rings = [(0.07, 1), (0.16, 9), (0.26, 16), (0.36, 22), (0.47, 30), (0.59, 36), (0.71, 40)]
    seeds, kinds = [], []
    for index, (radius, count) in enumerate(rings):
        for piece in range(count):
            turn = 2 * np.pi * (piece + 0.5 * (index % 2)) / count + random.normal(0, 0.05)
            reach = (0 if index == 0 else radius) + random.normal(0, 0.012)
            seeds.append((0.5 + reach * np.cos(turn), 0.5 + reach * np.sin(turn)))
            kinds.append(index + 3 * (piece % 2))
    bend_x, bend_y = 0.012 * noise(random, 6, side=side), 0.012 * noise(random, 6, side=side)
    nearest = np.full((side, side), 9, np.float32)
    second, cell = nearest.copy(), np.zeros((side, side), np.intp)
    for index, (column, row) in enumerate(seeds):
        distance = np.hypot(x + bend_x - column, y + bend_y - row)
        closer = distance < nearest
        second = np.where(closer, nearest, np.minimum(second, distance))
        cell[closer] = index
        nearest = np.minimum(nearest, distance)
    jewels = palette("f6c744 b3122c 123a9c 0d7a5f 1f6fd0 e0641b 5b1a86 0f2f6b d8e6c0 8c0f3f")
    base = jewels[(np.asarray(kinds) * 3 + random.integers(0, 3, len(kinds))) % len(jewels)]
    tone = 1 + 0.22 * random.standard_normal((len(kinds), 1))
    pane = (base * tone)[cell]
    cast = streaks(random, (0.6 + 0.8 * noise(random, 3, side=side)).astype(np.float32), 26, 5)
    light = 0.95 + 0.17 * cast + 0.16 * noise(random, 5, 3, side=side)
    gap = second - nearest
    inner = np.clip(gap / 0.045, 0, 1) ** 0.6
    color = pane * (light * (0.45 + 0.75 * inner))[..., None]
    color = color + (np.clip(light - 1.15, 0, 1) * inner)[..., None] * 0.7
    lead = 1 / (1 + np.exp(-(gap - 0.0085) * 1100))[..., None]
    ridge = np.exp(-(((gap - 0.003) / 0.0022) ** 2))[..., None] * 0.2
    ink = palette("15131a")[0] + ridge
    return Image.fromarray(eight_bits(color * lead + ink * (1 - lead)))


def _woodcut(random: np.random.Generator) -> Image.Image:
    """Carved lines in three inks: waves under a red sun."""
    x, y = grid()
    crest = 0.1 * np.sin(7 * x + 5 * y + 1.2 * noise(random, 3)) + 0.05 * noise(random, 4)
    phase = 26 * (y + crest)
    down, across = np.gradient(blur(phase, 12))
    angle = np.arctan2(-across, down).astype(np.float32)
    sun = np.hypot(x - 0.68, y - 0.26) - 0.15
    sky = (y + 0.5 * crest) < 0.46
    ray = np.arctan2(y - 0.26, x - 0.68) + np.pi / 2
    angle = np.where(sky, np.where(sun < 0, 0.35, ray), angle).astype(np.float32)
    grooves = streaks(random, angle[::2, ::2], 44, 3).repeat(2, 0).repeat(2, 1)
    wave = 0.5 + 0.5 * np.sin(phase)
    tone = np.where(sky, np.where(sun < 0, 0.12, 0.25 + 0.5 * np.clip(sun * 1.6, 0, 1)), wave)
    paper = palette("f1e4c8")[0] + 0.02 * noise(random, 200)[..., None]
    tint = np.where((sun < 0)[..., None], palette("cf3b26")[0], palette("5f9aa0")[0])
    tint = np.where((sky & (sun >= 0))[..., None], palette("e3b46a")[0], tint)
    threshold = (tone - 0.5) * 3.1
    inked = 1 / (1 + np.exp(-(threshold - grooves) * 7))
    tinted = 1 / (1 + np.exp(-(threshold + 1.25 + 0.4 * np.roll(grooves, 9, 0)) * 7))
    tinted = np.where(sun < 0, np.maximum(tinted, 0.8), tinted)
    color = paper * (1 - tinted[..., None]) + tint * tinted[..., None]
    outline = np.exp(-((np.abs(sun) / 0.006) ** 2)) + np.exp(
        -(((y + 0.5 * crest - 0.46) / 0.006) ** 2)
    )
    worn = np.clip(1.02 + 0.05 * noise(random, 260), 0.8, 1)
    inked = np.clip(np.maximum(inked, outline), 0, 1) * worn
    color = color * (1 - inked[..., None]) + palette("161a2b")[0] * inked[..., None]
    return reduced(color)


def _watercolor(random: np.random.Generator) -> Image.Image:
    """Wet washes with dark edges and grain on rough paper."""
    color = np.ones((FINE, FINE, 3), np.float32) * palette("fbf6ea")[0]
    grain = noise(random, FINE // 3)
    warp = 0.35 * noise(random, 10, 4)
    inks = "2a6f97 e07a5f 3d405b 81b29a f2a541 9b2f5d 014f86 5f7f3a c8553d 1d2f5f 6d597a 2a9d8f"
    for index, ink in enumerate(palette(inks)):
        shape = noise(random, 4 + index // 4) + warp - (0.75 + 0.05 * index)
        mask = 0.5 + 0.5 * np.tanh(shape * 17)
        pool = np.exp(-((shape / 0.07) ** 2)) * (shape > -0.03)
        flow = 0.5 + 0.3 * noise(random, 5, 4)
        depth = mask * np.clip(0.35 + 0.8 * flow, 0.12, 1.2) + 0.5 * pool
        depth = depth * (1 + 0.2 * grain * mask)
        color = color * np.exp(np.log(ink + 0.03) * depth[..., None] * 0.5)
    blooms = np.clip(noise(random, 9, 3) - 1.5, 0, 1)[..., None]
    color = color + blooms * 0.35 * (1 - color)
    ridge = np.gradient(blur(grain, 1.5), axis=1)[..., None]
    return reduced(color * (1 + 0.28 * ridge) + 0.01)


_PAINTERS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "swirls": _swirls,
    "brushwork": _brushwork,
    "points": _points,
    "glass": _glass,
    "woodcut": _woodcut,
    "watercolour": _watercolor,
}

NAMES: Sequence[str] = tuple(_PAINTERS)
"""File names of the pictures, without their ending."""
