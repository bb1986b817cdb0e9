"""A sparkline as a mask: the line's shape as an image, its colour from the style sheet."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dashboard.snapshot import Series

WIDTH, HEIGHT, EDGE = 160, 40, 6
STROKE = 3

Point = tuple[float, float]


def spark_style(series: Series | None) -> dict[str, Any]:
    """Style of the line's node; without two known points nothing is drawn.

    A day that isn't known parts the line; a known day between two of them is a dot.
    """
    runs = _runs(series)
    if sum(len(run) for run in runs) < 2:
        return {"visibility": "hidden"}
    lines = "".join(f'<polyline points="{_path(run)}"/>' for run in runs)
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<g fill="none" stroke="#000" stroke-width="{STROKE}" stroke-linejoin="round"'
        f' stroke-linecap="round">{lines}</g></svg>'
    )
    url = f'url("data:image/svg+xml,{quote(image)}")'
    # Chromium before 120 knows the prefixed name only.
    return {"WebkitMaskImage": url, "maskImage": url}


def spark_end_style(series: Series | None) -> dict[str, Any]:
    """Style of the dot at the last point, within the line's box."""
    points = [point for run in _runs(series) for point in run]
    if len(points) < 2:
        return {"visibility": "hidden"}
    x, y = points[-1]
    return {"left": f"{round(x / WIDTH * 100, 2):g}%", "top": f"{round(y / HEIGHT * 100, 2):g}%"}


def _path(run: Sequence[Point]) -> str:
    # A line of one point is drawn only where it has an end, if at the same place.
    points = run if len(run) > 1 else (*run, *run)
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _runs(series: Series | None) -> list[list[Point]]:
    """The known days in the box, those that follow each other together."""
    if series is None:
        return []
    known = [(at, p.value) for at, p in enumerate(series.points) if p.value is not None]
    if not known:
        return []
    values = [value for _, value in known]
    low, span = min(values), max(values) - min(values) or 1
    step = (WIDTH - 2 * EDGE) / max(len(series.points) - 1, 1)
    runs: list[list[Point]] = []
    last = None
    for at, value in known:
        if last is None or at > last + 1:
            runs.append([])
        share = (value - low) / span
        runs[-1].append(
            (round(EDGE + at * step, 1), round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1))
        )
        last = at
    return runs
