"""A sparkline as a mask: the line's shape as an image, its colour from the style sheet."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dashboard.snapshot import Series

WIDTH, HEIGHT, EDGE = 160, 40, 6
STROKE = 3


def spark_style(series: Series | None) -> dict[str, Any]:
    """Style of the line's node; without two known points nothing is drawn."""
    points = _points(series)
    if len(points) < 2:
        return {"visibility": "hidden"}
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<polyline points="{path}" fill="none" stroke="#000" stroke-width="{STROKE}"'
        ' stroke-linejoin="round"/></svg>'
    )
    url = f'url("data:image/svg+xml,{quote(image)}")'
    # Chromium before 120 knows the prefixed name only.
    return {"WebkitMaskImage": url, "maskImage": url}


def spark_end_style(series: Series | None) -> dict[str, Any]:
    """Style of the dot at the last point, within the line's box."""
    points = _points(series)
    if len(points) < 2:
        return {"visibility": "hidden"}
    x, y = points[-1]
    return {"left": f"{round(x / WIDTH * 100, 2):g}%", "top": f"{round(y / HEIGHT * 100, 2):g}%"}


def _points(series: Series | None) -> Sequence[tuple[float, float]]:
    if series is None:
        return []
    known = [(at, p.value) for at, p in enumerate(series.points) if p.value is not None]
    if not known:
        return []
    values = [value for _, value in known]
    low, span = min(values), max(values) - min(values) or 1
    step = (WIDTH - 2 * EDGE) / max(len(series.points) - 1, 1)
    return [
        (
            round(EDGE + at * step, 1),
            round(HEIGHT - EDGE - (value - low) / span * (HEIGHT - 2 * EDGE), 1),
        )
        for at, value in known
    ]
