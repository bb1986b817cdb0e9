"""The tables of `make bench-province` as a page, with growth as a plot. Form only."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import plotly.graph_objects as go
from playwright.sync_api import Browser
from plotly.offline import get_plotlyjs

from tests.bench.measurement import Measurement
from tests.bench.report import markdown, printed

COLUMNS = ("what", "runs", "p50", "p95", "aim", "", "beside it, the plain way", "times as quick")
INTRODUCTION = """# Performance at a province's scale

Written by `make bench-province`; a run replaces it. Aims hold for p95. Beside each number stands
the median of the plain way, measured in the same run on the same data.
"""
SIZE = {"width": 1200, "height": 520}
PALETTE = ("#1f6feb", "#c2571a", "#2e8b57")


def document(
    machine: Mapping[str, str],
    making: Iterable[Sequence[str]],
    measurements: Sequence[Measurement],
    growth: Iterable[Sequence[str]],
    plot: str,
) -> str:
    """The whole page."""
    notes = "\n".join(f"- **{each.what}**: {each.note}" for each in measurements if each.note)
    return "\n".join(
        (
            INTRODUCTION,
            "## Machine and data\n",
            markdown(("", ""), list(machine.items())),
            markdown(("database", "making", "size"), making),
            "## Measured\n",
            markdown(COLUMNS, rows(measurements)),
            "## Growth\n",
            "Medians in ms of the same snapshot on the same province with more and more cases; the"
            " ratio is the largest over the smallest (aim for province and city: ≤ 1.3).\n",
            f"![growth]({plot})\n",
            markdown(("snapshot", "120,000", "1,200,000", "12,000,000", "ratio"), growth),
            "## How\n",
            notes,
            "",
        )
    )


def rows(measurements: Iterable[Measurement]) -> list[tuple[str, ...]]:
    """One row a measurement, in the order of ``COLUMNS``."""
    return [
        (
            each.what,
            str(len(each.samples)),
            printed(each.median, each.unit),
            printed(each.p95, each.unit) if len(each.samples) > 1 else "",
            "" if each.aim is None else f"≤ {printed(each.aim, each.unit)}",
            "" if each.aim is None else ("met" if each.p95 <= each.aim else "missed"),
            ""
            if each.beside is None
            else f"{each.beside.what}: {printed(each.beside.median, each.unit)}",
            "" if not each.ratio else printed(1 / each.ratio, ""),
        )
        for each in measurements
    ]


def growth_rows(medians: Mapping[str, Sequence[float]]) -> list[tuple[str, ...]]:
    """Medians by snapshot over the volumes, and how much the last is of the first."""
    return [
        (what, *(printed(value, "ms") for value in values), f"{values[-1] / values[0]:.2f}")
        for what, values in medians.items()
    ]


def draw_growth(
    medians: Mapping[str, Sequence[float]],
    plain: Mapping[str, Sequence[float]],
    volumes: Sequence[int],
    browser: Browser,
    file: Path,
) -> None:
    """Snapshots (lines) and the plain way (dashes) over the number of cases, both logarithmic."""
    figure = go.Figure()
    for colour, (what, values) in zip(PALETTE, medians.items(), strict=False):
        line = {"color": colour, "width": 3}
        figure.add_scatter(x=list(volumes), y=list(values), name=what, line=line)
    for colour, (what, values) in zip(PALETTE, plain.items(), strict=False):
        line = {"color": colour, "width": 2, "dash": "dash"}
        figure.add_scatter(x=list(volumes), y=list(values), name=f"{what}, from rows", line=line)
    figure.update_xaxes(type="log", title="incidents", tickvals=list(volumes), tickformat=",")
    figure.update_yaxes(type="log", title="ms")
    figure.update_layout(template="plotly_white", margin={"t": 20}, **SIZE)
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    page.set_content("<body style='margin:0'><div id='plot'></div></body>")
    page.add_script_tag(content=get_plotlyjs())
    page.evaluate("figure => Plotly.newPlot('plot', figure)", figure.to_plotly_json())
    page.wait_for_selector(".main-svg .legend")
    page.screenshot(path=file)
    page.close()
