"""The tables of `make bench-province` as a page, with growth as a plot. Form only."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import plotly.graph_objects as go
from playwright.sync_api import Browser
from plotly.offline import get_plotlyjs

from tests.bench.measurement import Measurement
from tests.bench.report import markdown, printed

# Measurements on each volume, by what they are of; two groups a level.
Growth = Mapping[str, Sequence[Measurement]]
GROWTH_AIM = 1.3
GROWTH_COLUMNS = (
    "snapshot",
    "runs",
    "120,000",
    "1,200,000",
    "12,000,000",
    "ratio",
    "aim",
    "",
)
PLAIN = "{}, figures from rows"
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
            "Medians of the same snapshot on the same province with more and more cases, computed"
            " in turn; the ratio is that of 12,000,000 over that of 120,000. Of the live group the"
            " minutes around the last quarter of an hour are counted in the rows: with 12,000,000"
            " cases up to some hundreds, so that its ratio hangs on the minute.\n",
            f"![growth]({plot})\n",
            markdown(GROWTH_COLUMNS, growth),
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


def growth_rows(growth: Growth) -> list[tuple[str, ...]]:
    """One row a snapshot, in the order of ``GROWTH_COLUMNS``."""
    found = []
    for what, several in growth.items():
        medians = [each.median for each in several]
        ratio = medians[-1] / medians[0]
        aim = None if "county" in what else GROWTH_AIM
        found.append(
            (
                what,
                str(len(several[0].samples)),
                *(printed(median, "ms") for median in medians),
                f"{ratio:.2f}",
                "" if aim is None else f"≤ {aim}",
                "" if aim is None else ("met" if ratio <= aim else "missed"),
            )
        )
    return found


def draw_growth(growth: Growth, volumes: Sequence[int], browser: Browser, file: Path) -> None:
    """Snapshots (lines; the live group dotted) and the plain way (dashes) over the number of cases,
    both logarithmic.
    """
    figure = go.Figure()
    for number, (what, several) in enumerate(growth.items()):
        colour, is_live = PALETTE[number // 2], what.endswith("live group")
        line = {"color": colour, "width": 3, "dash": "dot" if is_live else "solid"}
        medians = [each.median for each in several]
        figure.add_scatter(x=list(volumes), y=medians, name=what, line=line)
        if not is_live:
            line = {"color": colour, "width": 2, "dash": "dash"}
            plain = [each.beside.median for each in several if each.beside]
            figure.add_scatter(x=list(volumes), y=plain, name=PLAIN.format(what), line=line)
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
