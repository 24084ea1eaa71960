"""Files of what a camera's sensor counted, which have to be developed before they are a picture.

Most are TIFF files with a thumbnail first, which readers of TIFF take for the picture.
"""

from __future__ import annotations

from collections.abc import Iterable

import tifffile

_MAGIC = (
    (8, b"CR\x02"),  # Canon CR2, a TIFF
    (4, b"ftypcrx "),  # Canon CR3
    (6, b"HEAPCCDR"),  # Canon CRW
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"IIU\0"),  # Panasonic RW2, Leica RWL
    (0, b"IIRO"),  # Olympus ORF
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"FOVb"),  # Sigma X3F
    (0, b"\0MRM"),  # Minolta MRW
    (8, b"IIII"),  # Phase One IIQ, a TIFF
)
"""Places and bytes by which raw files are known that are not known by their TIFF tags."""

ENDINGS = frozenset(
    [
        ".3fr",
        ".ari",
        ".arw",
        ".bay",
        ".cap",
        ".cr2",
        ".cr3",
        ".crw",
        ".dcr",
        ".dcs",
        ".dng",
        ".drf",
        ".eip",
        ".erf",
        ".fff",
        ".gpr",
        ".iiq",
        ".k25",
        ".kdc",
        ".mdc",
        ".mef",
        ".mos",
        ".mrw",
        ".nef",
        ".nrw",
        ".orf",
        ".pef",
        ".ptx",
        ".pxn",
        ".r3d",
        ".raf",
        ".raw",
        ".rw2",
        ".rwl",
        ".rwz",
        ".sr2",
        ".srf",
        ".srw",
        ".x3f",
    ]
)
"""Endings of raw files; a TIFF of such a name is one, whatever is in it."""

_COLOR_FILTER_ARRAY, _LINEAR_RAW = 32803, 34892  # photometric interpretations of TIFF/EP and DNG

_RAW_TAGS = {
    50706: "DNGVersion",
    33421: "CFARepeatPatternDim",
    33422: "CFAPattern",
    50710: "CFAPlaneColor",
    50711: "CFALayout",
}

_RAW_COMPRESSIONS = {
    32767,  # Sony ARW
    32769,  # packed, Epson and others
    32770,  # Samsung SRW
    34713,  # Nikon NEF
    65000,  # Kodak DCR
    65535,  # Pentax PEF
}


def has_raw_magic(data: bytes) -> bool:
    """True for a raw file that says so in its first bytes."""
    return any(data.startswith(magic, offset) for offset, magic in _MAGIC)


def holds_sensor_data(pages: Iterable[tifffile.TiffPage]) -> bool:
    """True if any of a TIFF's pages is a mosaic, or says that it belongs to a raw file."""
    return any(
        page.photometric in (_COLOR_FILTER_ARRAY, _LINEAR_RAW)
        or page.compression in _RAW_COMPRESSIONS
        or any(tag in page.tags for tag in _RAW_TAGS)
        for page in pages
    )
