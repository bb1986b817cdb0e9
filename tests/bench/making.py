"""Making the demo database: what the loader's own steps took when the bench first made it."""

from collections.abc import Iterable

from tests.bench.demo_database import BenchDatabase
from tests.bench.measurement import Measurement

AIM_SECONDS = 90.0


def measure(database: BenchDatabase) -> Iterable[Measurement]:
    """The whole, and each step that took a second or more; nothing for another database."""
    seconds = database.making_seconds
    if not seconds:
        return
    yield Measurement(
        what="demo database, made from nothing",
        unit="s",
        samples=(sum(seconds.values()),),
        aim=AIM_SECONDS,
        note="Schema, geography and all cases, as `make demo` does on its first start, timed when"
        " the bench's folder was made; the aim is that of the whole first start.",
    )
    for step, taken in seconds.items():
        if taken >= 1:
            yield Measurement(what=f"… {step}", unit="s", samples=(taken,))
