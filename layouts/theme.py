"""Colours and sizes that Python needs: the figures'. The rest stands in assets/00_tokens.css.

A test checks that both say the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a chart by what they mean (DESIGN §2)."""

    ink2: str
    ink3: str
    grid: str
    line: str
    mute: str
    accent: str
    accent_deep: str


DAY = Palette(
    ink2="#BECBDB",
    ink3="#93A6BD",
    grid="#1E3049",
    line="#263A55",
    mute="#3B5170",
    accent="#63C7BA",
    accent_deep="#2C6E73",
)
NIGHT = Palette(
    ink2="#93A2B3",
    ink3="#75869A",
    grid="#131D2B",
    line="#1A2636",
    mute="#26364C",
    accent="#4C9F95",
    accent_deep="#22545A",
)
FONT_FAMILY = '"Noto Sans SC", "Noto Sans CJK SC", sans-serif'
# Charts are drawn at the design size of a 16:9 wall; the style sheet scales them (--chart-scale).
AXIS_FONT_PX = 18
