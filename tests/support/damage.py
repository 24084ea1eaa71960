"""Reads damaged pictures: ``python -m tests.support.damage COUNT SEED``.

A process of its own, because a decoder that crashes takes its process with it, and because memory
is limited. Prints what is no sentence, one line each; exit code 1 if there is any.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import traceback
from pathlib import Path

from nst_server.pictures.reading import reader
from nst_server.values.errors import NeuralStyleError
from tests.support.kinds import every_kind

_MEMORY = 3 * 2**30


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with a few bytes changed, or cut short, or with a stretch left out."""
    kind = chance.randrange(4)
    if kind == 0:
        return data[: chance.randrange(1, len(data))]
    if kind == 1:
        start = chance.randrange(len(data))
        return data[:start] + data[start + chance.randrange(1, 64) :]
    changed = bytearray(data)
    # Headers are short, and most of what a reader believes is in them.
    reach = len(data) if kind == 2 else min(len(data), 200)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(reach)] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
    return bytes(changed)


def main(count: int, seed: int) -> int:
    """Read ``count`` damaged files of every kind in turn."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    chance = random.Random(seed)
    kinds = every_kind()
    read = refused = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            kind = kinds[number % len(kinds)]
            path = Path(folder) / f"damaged{Path(kind.name).suffix}"
            path.write_bytes(damaged(kind.data, chance))
            print(f"{number} {kind.name}", end="\r", file=sys.stderr, flush=True)
            try:
                reader.read(path)
                read += 1
            except NeuralStyleError as error:
                refused += 1
                told = str(error)
                if "\n" in told or len(told) > 400 + len(str(path)):
                    bad += 1
                    print(f"{number} {kind.name}: {told!r}")
            except BaseException as error:
                bad += 1
                where = traceback.extract_tb(error.__traceback__)[-1]
                print(f"{number} {kind.name}: {error!r} at {where.filename}:{where.lineno}")
    print(f"read {read}, refused {refused}, neither {bad}")
    return 1 if bad or not read or not refused else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2])))
