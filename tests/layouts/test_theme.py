"""Colours in Python and in CSS are the same colours."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from layouts import theme

TOKENS = (Path(__file__).parents[2] / "assets" / "00_tokens.css").read_text(encoding="utf-8")


def css_tokens(block: str) -> dict[str, str]:
    return {
        name: colour.upper() for name, colour in re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block)
    }


DAY_BLOCK, _, REST = TOKENS.partition('[data-theme="night"]')
NIGHT_BLOCK = REST.partition("}")[0]


@pytest.mark.parametrize(
    ("palette", "tokens"),
    [(theme.DAY, css_tokens(DAY_BLOCK)), (theme.NIGHT, css_tokens(NIGHT_BLOCK))],
    ids=["day", "night"],
)
def test_the_palette_of_charts_is_that_of_the_style_sheet(
    palette: theme.Palette, tokens: dict[str, str]
) -> None:
    for name, colour in asdict(palette).items():
        assert tokens[name.replace("_", "-")] == colour, name


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("block", [DAY_BLOCK, NIGHT_BLOCK], ids=["day", "night"])
def test_text_can_be_read_on_a_panel(block: str) -> None:
    tokens = css_tokens(block)
    for name in ("ink", "ink2", "ink3", "accent", "better", "worse", "red", "amber"):
        assert contrast(tokens[name], tokens["panel"]) >= 4.5, name
    assert contrast(tokens["ink"], tokens["panel"]) >= 7
