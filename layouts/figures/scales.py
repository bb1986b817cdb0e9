"""Round ends and steps for axes that start at 0."""

import math
from dataclasses import dataclass

TOPS = (1, 2, 3, 4, 5, 6, 8, 10)
STEPS = {1: 0.5, 2: 1, 3: 1, 4: 1, 5: 1, 6: 2, 8: 2, 10: 5}
SMALLEST_TOP = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from 0 to `top` with a label every `step`."""

    top: float
    step: float

    def ticks(self) -> list[float]:
        """Values that carry a label, 0 and the top among them where the step divides it."""
        return [n * self.step for n in range(math.floor(self.top / self.step + 1e-9) + 1)]


def round_scale(highest: float) -> Scale:
    """The smallest round axis that holds the highest value; never below 4."""
    wanted = max(highest, SMALLEST_TOP)
    power = 10 ** math.floor(math.log10(wanted))
    top = next(top for top in TOPS if top * power >= wanted - 1e-9)
    return Scale(top=top * power, step=STEPS[top] * power)
