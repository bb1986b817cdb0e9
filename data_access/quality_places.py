"""Places that are not in order: cases under counties of no today, outlines nobody examined."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

from dashboard.quality import OutlineSet, StrayCounty
from dashboard.quality_checks import BOTH
from data_access.quality_window import Place


def stray_counties(connection: Connection, place: Place) -> Iterable[StrayCounty]:
    """Cases booked under counties that are abolished, or (seen by who sees all) unknown."""
    today = {county.id for root in place.tree.roots() for county in place.tree.counties(root)}
    for subject in BOTH:
        for county_id in _booked(connection, subject):
            ended = place.tree.abolished.get(county_id)
            is_visible = county_id in place.booked or place.is_whole
            if county_id in today or not is_visible:
                continue
            cases = connection.scalar(
                text(f"select count(*) from {subject} where county_id = :id"), {"id": county_id}
            )
            heir = place.tree.by_id.get(ended.counted_in[0]) if ended and ended.counted_in else None
            yield StrayCounty(
                county_id=county_id,
                name=ended.name if ended else _name(connection, county_id),
                subject=subject,
                cases=cases or 0,
                counted_in=heir.name if heir else None,
            )


def _booked(connection: Connection, subject: str) -> Iterator[int]:
    """Counties that cases are booked under, rising: one probe of the index each, as there are a
    hundred of them in millions of rows.
    """
    following = text(f"select min(county_id) from {subject} where county_id > :last")
    last = -1
    while (found := connection.scalar(following, {"last": last})) is not None:
        yield found
        last = found


def outlines(connection: Connection) -> Iterable[OutlineSet]:
    """The sets of lines, by what they draw; a number given to other lines is none."""
    shapes: dict[int, list[tuple[str, int]]] = defaultdict(list)
    illustrative: dict[int, int] = defaultdict(int)
    for row in connection.execute(
        text(
            "select g.set_id, g.level, count(*) as n,"
            " count(*) filter (where r.is_illustrative) as drawn"
            " from region_geometries g left join regions r on r.id = g.region_id"
            " group by 1, 2 order by 1, array_position("
            " array['province', 'city', 'county', 'town', 'village', 'grid'], g.level)"
        )
    ):
        shapes[row.set_id].append((row.level, row.n))
        illustrative[row.set_id] += row.drawn
    for row in connection.execute(text("select * from geometry_sets order by id")):
        is_examined = row.approval_number is not None and row.approved_checksum == row.checksum
        yield OutlineSet(
            id=row.id,
            name=row.name,
            origin=row.origin,
            datum=row.datum,
            is_examined=is_examined,
            approval_number=row.approval_number,
            shapes=tuple(shapes[row.id]),
            illustrative=illustrative[row.id],
        )


def _name(connection: Connection, region_id: int) -> str | None:
    name: str | None = connection.scalar(
        text("select name from regions where id = :id"), {"id": region_id}
    )
    return name
