"""Targets (考核目标) beside the rates they are for: the words, and the mark on a bar.

Judged on what is printed, a tie counts as reached, and never in colour: red and amber are status
only. Which target holds for which region and period is decided in `data_access.target_readings`.
"""

from collections.abc import Mapping
from fractions import Fraction

from dashboard.indicators import INDICATOR_BY_KEY
from dashboard.rounding import round_half_up
from dashboard.snapshot import Reading, Snapshot, Target
from layouts import ids, wording
from layouts.panel_frame import Leaves, css_percent, text_leaf

NO_MARK = {"display": "none"}


def words(snapshot: Snapshot, reading: Reading | None) -> str:
    """已达目标95.0%, 未达目标95.0%; 目标95.0% where neither is better; empty without a target."""
    target = target_for(snapshot, reading)
    if reading is None or target is None:
        return ""
    reached = is_reached(reading, target)
    standing = "" if reached is None else "已达" if reached else "未达"
    return f"{standing}{_bare(target)}"


def short_words(snapshot: Snapshot, reading: Reading | None) -> str:
    """目标95.0%, where there is room for no more; empty without a target."""
    target = target_for(snapshot, reading)
    return _bare(target) if target else ""


def target_for(snapshot: Snapshot, reading: Reading | None) -> Target | None:
    """The target of a figure that is printed; what is blank is held to nothing."""
    if reading is None or reading.value is None:
        return None
    return snapshot.target_of(reading)


def is_reached(reading: Reading, target: Target) -> bool | None:
    """Whether the printed figure reaches the printed target; None where neither is better."""
    better = INDICATOR_BY_KEY[target.indicator].better
    if better == "neither":
        return None
    have, wanted = _printed(reading, target)
    return have >= wanted if better == "higher" else have <= wanted


def sentence(snapshot: Snapshot, named: Mapping[str, Reading | None]) -> str:
    """按期办结率97.5%,已达目标95.0%;化解率…。 Of those that have a target."""
    parts = [
        f"{name}{_figure(reading)},{said}"
        for name, reading in named.items()
        if reading is not None and (said := words(snapshot, reading))
    ]
    return f"{';'.join(parts)}。" if parts else ""


def mark_leaf(leaf_id: str, snapshot: Snapshot, reading: Reading | None, of: float = 1) -> Leaves:
    """Leaf props of the mark on a bar that ends at 100 % (or at `of` of the rate's base)."""
    target = target_for(snapshot, reading)
    if target is None:
        return {leaf_id: {"style": NO_MARK}}
    return {leaf_id: {"style": {"left": css_percent(target.value * of)}}}


def words_leaf(owner: str, snapshot: Snapshot, reading: Reading | None) -> Leaves:
    """Leaf props of the words below or beside a figure."""
    return text_leaf(ids.part(owner, "target"), words(snapshot, reading))


def _bare(target: Target) -> str:
    unit = INDICATOR_BY_KEY[target.indicator].unit
    if unit == "%":
        return f"目标{wording.percent(target.value)}%"
    return f"目标{wording.number(target.value)}{unit}"


def _figure(reading: Reading) -> str:
    unit = INDICATOR_BY_KEY[reading.indicator].unit
    if unit == "%":
        return "".join(wording.rate(reading))
    return f"{wording.number(reading.value)}{unit}"


def _printed(reading: Reading, target: Target) -> tuple[Fraction, Fraction]:
    """Figure and target as they stand on the face: a small base is printed as its fraction."""
    value = reading.value or 0
    if INDICATOR_BY_KEY[target.indicator].unit != "%":
        return Fraction(round_half_up(value, 1)), Fraction(round_half_up(target.value, 1))
    wanted = Fraction(wording.percent_value(target.value))
    if not wording.rate(reading)[1] and reading.numerator is not None and reading.denominator:
        return Fraction(reading.numerator) / Fraction(reading.denominator) * 100, wanted
    return Fraction(wording.percent_value(value)), wanted
