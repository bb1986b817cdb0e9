"""Measurement: what was measured, its samples, its aim, and the plain alternative beside it.

Here: the value and what follows from its samples. Not here: how anything is measured (a module a
subject), nor how a table looks (``report``).
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Literal

Verdict = Literal["met", "worst misses", "missed", ""]


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A plain alternative, measured in the same run and in the same unit."""

    what: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.samples)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """Samples of one quantity in one unit; smaller is better, ``aim`` is the most it should be.

    ``note`` says how it was measured and what has to be known to read it.
    """

    what: str
    unit: str
    samples: tuple[float, ...]
    aim: float | None = None
    beside: Beside | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError(f"{self.what} has no samples")

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def p95(self) -> float:
        """The smallest sample that 95 % do not exceed."""
        return sorted(self.samples)[math.ceil(0.95 * len(self.samples)) - 1]

    @property
    def worst(self) -> float:
        return max(self.samples)

    @property
    def ratio(self) -> float | None:
        """Median over the alternative's median: below 1 is better than the plain way."""
        if self.beside is None or self.beside.median == 0:
            return None
        return self.median / self.beside.median

    @property
    def verdict(self) -> Verdict:
        """How median and worst stand to the aim."""
        if self.aim is None:
            return ""
        if self.worst <= self.aim:
            return "met"
        return "worst misses" if self.median <= self.aim else "missed"


def timed(work: Callable[[], object], runs: int, *, warm: int = 1) -> tuple[float, ...]:
    """Milliseconds that each of ``runs`` calls took, after ``warm`` calls that don't count."""
    for _ in range(warm):
        work()
    return tuple(milliseconds_of(work) for _ in range(runs))


def milliseconds_of(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


class StepClock:
    """Seconds by step, for work that reports its progress as (step, done, total)."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step: str | None = None
        self._began = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self.end()
            self._step, self._began = step, time.monotonic()

    def end(self) -> None:
        """The step under way, if any, has ended."""
        if self._step is not None:
            before = self.seconds.get(self._step, 0.0)
            self.seconds[self._step] = before + time.monotonic() - self._began
        self._step = None


@contextmanager
def step_clock() -> Iterator[StepClock]:
    """A clock whose last step ends with the block."""
    clock = StepClock()
    yield clock
    clock.end()
