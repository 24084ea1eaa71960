"""Three layers, in which a square moves before a background, and how much of them changes."""

from itertools import pairwise

import inside

WIDTH, HEIGHT, SIDE = 96, 64, 20
MOVING = range(14, 46), range(4, 70)
"""Rows and columns that the square comes near to."""


def main(style, animation, **arguments):
    image = inside.image(WIDTH, HEIGHT)
    frames = [inside.layer(image, WIDTH, HEIGHT, name=str(number)) for number in (1, 2, 3)]
    background = inside.read(frames[0], "R'G'B' u8")
    for number, frame in enumerate(frames):
        inside.write(frame, with_square(background, 10 + 14 * number), "R'G'B' u8")
    named = [frame.get_id() for frame in frames]
    result, _ = inside.paint(image, frames[::-1], style, animation=animation, **arguments)
    layers = image.get_layers()
    order = [each.get_name() if each.get_id() in named else "painted" for each in layers]
    painted = [
        inside.read(each, "R'G'B' u8") for each in layers[::-1] if each.get_id() not in named
    ]
    pairs = list(pairwise(painted))
    told = {
        "result": result,
        "order": order,
        "background": [mean_change(*pair, moving=False) for pair in pairs],
        "moving": [mean_change(*pair, moving=True) for pair in pairs],
    }
    image.delete()
    return told


def with_square(background, left):
    pixels = bytearray(background)
    for y in range(20, 20 + SIDE):
        start = 3 * (y * WIDTH + left)
        pixels[start : start + 3 * SIDE] = b"".join(
            bytes([200 + 3 * x % 50, 40 + 2 * y, 60]) for x in range(SIDE)
        )
    return bytes(pixels)


def mean_change(one, other, *, moving):
    rows, columns = MOVING
    changes = [
        abs(one[3 * (y * WIDTH + x) + channel] - other[3 * (y * WIDTH + x) + channel])
        for y in range(HEIGHT)
        for x in range(WIDTH)
        for channel in range(3)
        if (y in rows and x in columns) == moving
    ]
    return sum(changes) / len(changes)
