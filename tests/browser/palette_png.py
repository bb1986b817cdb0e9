"""Small PNG files of screens: at most 256 colours, those of large flat areas kept exactly.

The browser that took the picture also finds its colours (`palette_png.js`), so that no image
library is needed. Nothing here knows what is on the picture.
"""

import base64
import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page

FIND_COLOURS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE, EIGHT_BITS = 3, 8


def save(page: Page, picture: bytes, file: Path) -> None:
    """Write the picture (PNG of any kind) to the file with a palette; `page` may be any page."""
    found = page.evaluate(FIND_COLOURS, base64.b64encode(picture).decode())
    indices = base64.b64decode(found["indices"])
    file.write_bytes(_png(found["width"], found["height"], bytes(found["palette"]), indices))


def _png(width: int, height: int, palette: bytes, indices: bytes) -> bytes:
    # A line of a palette's indices is best left unfiltered: filter type 0 before each.
    lines = b"".join(b"\0" + indices[row * width : (row + 1) * width] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, EIGHT_BITS, PALETTE, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
