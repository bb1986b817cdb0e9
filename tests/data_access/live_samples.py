"""What the tests of feed, snapshots and snapshotter share: a snapshot with next to nothing."""

from datetime import UTC, datetime

from dashboard.snapshot import MapPart, Place, Reading, Snapshot

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


def small_snapshot(view: str = "wall:1", at: datetime = NOON, registered: float = 1) -> Snapshot:
    return Snapshot(
        number=0,
        view=view,
        product_name="驾驶舱",
        zone="Asia/Shanghai",
        is_demo=False,
        volume_note=None,
        as_of=at,
        known_at=at,
        made_at=at,
        is_live=True,
        place=Place(
            id=1,
            code="990000",
            name="试验省",
            level="province",
            child_level="city",
            city_count=2,
            county_count=3,
        ),
        regions=(),
        periods=(),
        readings=(
            Reading(
                indicator="incidents_registered",
                region_id=1,
                period="today",
                value=registered,
                group="live",
                as_of=at,
            ),
        ),
        series=(),
        ranking=None,
        map=MapPart(
            outlines="none",
            approval_number=None,
            geometry_checksum=None,
            choropleth=None,
            heat=(),
            points=(),
            inset=None,
        ),
        work_items=(),
        ticker=(),
        sources=(),
        left_out={},
        failures={},
    )
