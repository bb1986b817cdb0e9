"""Numbers as they are printed: rounded half up, exactly.

Whatever is judged by eye (ranks, changes, ties) is judged on these values, so that no reader
can catch a screen contradicting itself. Formatting into text (commas, units) does not belong here.
"""

import math
from decimal import Decimal
from fractions import Fraction

Number = int | Decimal | Fraction | float


def round_half_up(value: Number, decimals: int) -> Decimal:
    """Round half away from zero to `decimals` places; a float counts as the digits it shows."""
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    units = math.floor(abs(exact) * 10**decimals + Fraction(1, 2))
    return Decimal(units if exact >= 0 else -units).scaleb(-decimals)


def printed_percent(num: int, den: int) -> Decimal | None:
    """`num / den` in percent with one decimal, None where the base is 0."""
    return round_half_up(Fraction(100 * num, den), 1) if den else None


def printed_change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Difference of two printed values (个百分点 for rates), None where either is missing."""
    return None if now is None or before is None else now - before
