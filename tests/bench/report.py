"""The table of all measurements, for the terminal and as docs/performance.md.

Here: form only. What is measured stands in the modules of the subjects.
"""

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from tests.bench.measurement import Measurement

COLUMNS = ("what", "runs", "median", "worst", "aim", "", "beside it, the plain way", "ratio")
INTRODUCTION = """# Performance

Written by `make bench`; a run replaces it. One machine, one run: medians compare, single worst
values hold the noise of everything else the machine did. Twelve million cases are measured apart,
and how the same pictures grow with the cases: [performance-province.md](performance-province.md).

![growth](screenshots/growth.png)
"""
READING = """
Aims hold for the median; *worst misses* says that a run was above. A ratio is our median over the
median of the plain way beside it, measured in the same run: below 1 we are quicker.
"""


def rows(measurements: Iterable[Measurement]) -> list[tuple[str, ...]]:
    """One row a measurement, in the order of ``COLUMNS``."""
    return [
        (
            measurement.what,
            str(len(measurement.samples)),
            printed(measurement.median, measurement.unit),
            printed(measurement.worst, measurement.unit),
            "" if measurement.aim is None else f"≤ {printed(measurement.aim, measurement.unit)}",
            measurement.verdict,
            _beside(measurement),
            "" if measurement.ratio is None else f"{measurement.ratio:.2g}",
        )
        for measurement in measurements
    ]


def terminal_table(measurements: Iterable[Measurement]) -> Table:
    """The table as rich prints it."""
    table = Table(*COLUMNS)
    for row in rows(measurements):
        table.add_row(*row)
    return table


def document(machine: Mapping[str, str], measurements: Sequence[Measurement]) -> str:
    """The whole of docs/performance.md."""
    about = markdown(("", ""), list(machine.items()))
    table = markdown(COLUMNS, rows(measurements))
    notes = "\n".join(f"- **{each.what}**: {each.note}" for each in measurements if each.note)
    return (
        f"{INTRODUCTION}\n## Machine and data\n\n{about}\n## Measured\n{READING}\n{table}\n"
        f"## How\n\n{notes}\n"
    )


def printed(value: float, unit: str) -> str:
    """A value with its unit, three digits at most behind which there is only noise."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}".rstrip()


def _beside(measurement: Measurement) -> str:
    if measurement.beside is None:
        return ""
    return f"{measurement.beside.what}: {printed(measurement.beside.median, measurement.unit)}"


def markdown(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
