"""Reading a wall leaf by leaf, and samples in which a single reading stands differently."""

from collections.abc import Iterator
from typing import Any

from dash.development.base_component import Component

from dashboard.snapshot import Snapshot
from layouts import ids
from layouts.panel_frame import Leaves
from tests.built_in import built_in_wall
from tests.snapshot_samples import PROVINCE, wall

SCREEN = built_in_wall()
NO_DATA: dict[str, Any] = {
    "value": None,
    "numerator": None,
    "denominator": None,
    "interval": None,
    "comparison": None,
    "status": "no_data",
}
FORBIDDEN = NO_DATA | {"status": "forbidden"}
EMPTY_BASE = NO_DATA | {"numerator": 0.0, "denominator": 0.0, "status": "empty_base"}


def share(cases: float, base: float) -> dict[str, Any]:
    """The fields of a rate of `cases` in `base`."""
    return {"value": cases / base, "numerator": cases, "denominator": base, "interval": None}


def with_reading(
    indicator: str,
    *,
    period: str = "month",
    facet: str | None = None,
    region_id: int = PROVINCE,
    of: Snapshot | None = None,
    **changes: Any,
) -> Snapshot:
    """The day's wall (or `of`) with this one reading changed; there must be one."""
    snapshot = of or wall()
    wanted = (indicator, period, facet, region_id)
    found = [(r.indicator, r.period, r.facet, r.region_id) == wanted for r in snapshot.readings]
    assert found.count(True) == 1, f"{found.count(True)} readings of {wanted} in the sample"
    readings = tuple(
        reading.model_copy(update=changes) if is_wanted else reading
        for reading, is_wanted in zip(snapshot.readings, found, strict=True)
    )
    return snapshot.model_copy(update={"readings": readings})


def without_series(key: str, of: Snapshot | None = None) -> Snapshot:
    """The day's wall (or `of`) without a series."""
    snapshot = of or wall()
    left = tuple(series for series in snapshot.series if series.key != key)
    assert len(left) == len(snapshot.series) - 1
    return snapshot.model_copy(update={"series": left})


def said(leaves: Leaves, leaf: str) -> str:
    """The words of a leaf."""
    return str(leaves[leaf]["children"])


def figure_said(leaves: Leaves, figure_id: str) -> str:
    """A figure as it is read: number and unit."""
    return said(leaves, figure_id) + said(leaves, ids.part(figure_id, "unit"))


def classes(leaves: Leaves, leaf: str) -> set[str]:
    """The CSS classes of a leaf."""
    return set(str(leaves[leaf]["className"]).split())


def style(leaves: Leaves, leaf: str) -> dict[str, str]:
    """The style of a leaf."""
    return dict(leaves[leaf]["style"])


def node_ids(root: Component) -> list[str]:
    """The ids below a component and its own, in the order of the page."""
    nodes = [root, *(node for node in root._traverse() if isinstance(node, Component))]
    return [str(node.id) for node in nodes if getattr(node, "id", None)]


def words_of(root: Any) -> Iterator[str]:
    """All texts below a component, in the order of the page."""
    if isinstance(root, str):
        yield root
        return
    children = root if isinstance(root, list | tuple) else getattr(root, "children", None)
    if children is None or isinstance(children, int | float):
        return
    for child in children if isinstance(children, list | tuple) else [children]:
        yield from words_of(child)
