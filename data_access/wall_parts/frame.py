"""Where and when a snapshot is of: its place, the regions on its map, its periods by name."""

from dashboard import periods as spans
from dashboard.snapshot import MapRegion, Period, Place
from data_access.wall_parts.work import Work


def named_periods(work: Work) -> tuple[Period, ...]:
    named = {
        "today": spans.today_so_far(work.as_of, work.zone),
        "month": spans.month_to_date(work.as_of, work.zone),
        "year": spans.year_to_date(work.as_of, work.zone),
        "last_30_days": spans.last_days(work.as_of, work.zone, 30),
        "last_24_hours": spans.last_hours(work.as_of, 24),
        "shift": spans.shift_since(work.as_of, work.zone, 20),
    }
    return tuple(
        Period(key=key, label=span.label, start=span.start, end=span.end)
        for key, span in named.items()
    )


def place(work: Work, county_word: str) -> Place:
    return Place(
        id=work.region.id,
        code=work.region.code,
        name=work.region.name,
        level=work.region.level,
        child_level=work.children[0].level if work.children else None,
        city_count=sum(child.level == "city" for child in work.children),
        county_count=len(work.counties),
        county_word=county_word,
    )


def map_regions(work: Work) -> tuple[MapRegion, ...]:
    shown = [work.region, *work.children]
    shown += [county for county in work.tree.counties(work.region) if county not in shown]
    return tuple(
        MapRegion(
            id=region.id,
            code=region.code,
            name=region.name,
            short_name=region.short_name,
            level=region.level,
            parent_id=region.parent_id,
            centre=region.centre,
        )
        for region in shown
    )
