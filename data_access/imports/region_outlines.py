"""Whether points lie in the regions they name, by the outlines in the database.

Outlines invented by subdivision (示意) prove nothing: there the next larger region with a real
outline is asked. Without any, no point is doubted.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, text

METRES_PER_DEGREE = 111_320.0
FURTHEST_PARENT = 6

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass
class RegionOutlines:
    """Outlines by the region they are of, made ready for many points."""

    # Code -> id of the latest region, id -> parent, id -> outline.
    _ids: dict[str, int]
    _parents: dict[int, int]
    _stored: dict[int, bytes]
    _border_degrees: float
    _ready: dict[int, shapely.Geometry] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._stored)

    def are_outside(self, codes: list[str | None], lon: Floats, lat: Floats) -> Mask:
        """Which points lie outside the outline of the region with their code; NaN is not."""
        outside = np.zeros(len(codes), dtype=bool)
        if not self._stored:
            return outside
        owners = {code: self._owner(code) for code in set(codes)}
        asked = np.array([owners[code] or 0 for code in codes], dtype=np.int64)
        is_place = ~np.isnan(lon) & (asked > 0)
        for owner in np.unique(asked[is_place]):
            rows = np.flatnonzero(is_place & (asked == owner))
            outline = self._outline(int(owner))
            outside[rows] = ~shapely.contains_xy(outline, lon[rows], lat[rows])
        return outside

    def _owner(self, code: str | None) -> int | None:
        """The region itself, or the nearest one above it that has a real outline."""
        found = self._ids.get(code or "")
        for _ in range(FURTHEST_PARENT):
            if found is None or found in self._stored:
                return found
            found = self._parents.get(found)
        return None

    def _outline(self, owner: int) -> shapely.Geometry:
        if owner not in self._ready:
            wide = shapely.from_wkb(self._stored[owner]).buffer(self._border_degrees)
            shapely.prepare(wide)
            self._ready[owner] = wide
        return self._ready[owner]


def load(connection: Connection, border_metres: float) -> RegionOutlines:
    """The real outlines of the set in use; `border_metres` are allowed beyond them."""
    regions = connection.execute(
        text("select id, code, parent_id from regions order by valid_from, id")
    ).all()
    stored = connection.execute(
        text(
            "select g.region_id, g.outline from region_geometries g"
            " join regions r on r.id = g.region_id and not r.is_illustrative"
            " where g.set_id = (select max(id) from geometry_sets)"
        )
    )
    return RegionOutlines(
        {row.code: row.id for row in regions if row.code},
        {row.id: row.parent_id for row in regions if row.parent_id},
        {row.region_id: bytes(row.outline) for row in stored},
        border_metres / METRES_PER_DEGREE,
    )
