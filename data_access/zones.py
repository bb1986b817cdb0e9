"""功能区: the townships that each zone has today, and under which its cases are booked.

Which townships a zone manages stands in `zone_towns`. One that is renamed, merged or split is
followed by the lineage of regions, as counties are in `data_access.region_tree`. How figures of
zones are read stands in `data_access.sums`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

# Townships that zones list or listed, and those that a lineage names; none without zones.
_TOWNS = """
select t.id, t.county_id, t.valid_to is null as is_of_today,
  (select m.zone_id from zone_towns m join regions z on z.id = m.zone_id
    where m.town_id = t.id and m.valid_to is null
    and z.valid_to is null and not z.is_administrative) as zone_id,
  not exists (select from zone_towns m where m.town_id = t.id)
    and not exists (select from region_lineage l
      where l.successor_id = t.id and l.effective_on > t.valid_from) as can_inherit
from regions t
where exists (select from zone_towns) and t.level = 'town' and t.id in (
  select town_id from zone_towns union select predecessor_id from region_lineage
  union select successor_id from region_lineage)
order by t.id"""
_LINEAGE = "select predecessor_id, successor_id from region_lineage"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of today that has townships."""

    id: int
    # Townships under which its cases are booked: those of today, and those that came to lie in it.
    towns: frozenset[int]
    # Counties in which all of these lie, or lay: who may see all of them may see the zone.
    counties: frozenset[int]


@dataclass(frozen=True, slots=True)
class Town:
    """A township, and the zone that lists it today.

    `can_inherit`: no zone ever listed it, and it came into being by its lineage; what others went
    into and had been there before came not of them alone.
    """

    id: int
    county_id: int | None
    is_of_today: bool
    zone_id: int | None = None
    can_inherit: bool = True


def load(connection: Connection) -> list[Zone]:
    """The zones of today, by id; those without townships are left out."""
    towns = [Town(*row) for row in connection.execute(text(_TOWNS))]
    if not any(town.zone_id for town in towns):
        return []
    return zones_of(towns, (tuple(pair) for pair in connection.execute(text(_LINEAGE))))


def zones_of(towns: Iterable[Town], lineage: Iterable[tuple[int, int]]) -> list[Zone]:
    """The zones of the townships that list one, of those that came of these alone, and of those
    that are no more and whose successors of today all lie in one zone.

    Args:
        lineage: pairs of predecessor and successor.
    """
    by_id = {town.id: town for town in towns}
    heirs: dict[int, set[int]] = defaultdict(set)
    for predecessor, successor in lineage:
        heirs[predecessor].add(successor)
    zone_of = _with_successors(by_id, heirs)
    booked: dict[int, set[int]] = defaultdict(set)
    counties: dict[int, set[int]] = defaultdict(set)
    for town in by_id.values():
        lies_in = _townships_today(town, by_id, heirs) or {town.id}
        zones = {zone_of.get(each) for each in lies_in}
        [zone] = zones if len(zones) == 1 else [None]
        if zone is not None:
            booked[zone].add(town.id)
            counties[zone] |= {by_id[each].county_id or 0 for each in {town.id, *lies_in}}
    return [
        Zone(zone, frozenset(booked[zone]), frozenset(counties[zone])) for zone in sorted(booked)
    ]


def _with_successors(by_id: Mapping[int, Town], heirs: Mapping[int, set[int]]) -> dict[int, int]:
    """Zone by township: as listed, else the one of all townships that it came of."""
    zone_of = {town.id: town.zone_id for town in by_id.values() if town.zone_id is not None}
    origins: dict[int, set[int]] = defaultdict(set)
    for predecessor, successors in heirs.items():
        for successor in successors:
            origins[successor].add(predecessor)
    waiting = [heir for heir in origins if heir in by_id and by_id[heir].can_inherit]
    found = True
    while found:
        found = False
        for heir in waiting:
            zones = {zone_of.get(origin) for origin in origins[heir]}
            [zone] = zones if len(zones) == 1 else [None]
            if zone is not None and heir not in zone_of:
                zone_of[heir] = zone
                found = True
    return zone_of


def _townships_today(
    town: Town, by_id: Mapping[int, Town], heirs: Mapping[int, set[int]]
) -> set[int]:
    """The township itself, or what has come of it through any number of reforms."""
    found: set[int] = set()
    seen, waiting = {town.id}, [town.id]
    while waiting:
        current = waiting.pop()
        known = by_id.get(current)
        if known is not None and known.is_of_today:
            found.add(current)
            continue
        new = heirs.get(current, set()) - seen
        seen |= new
        waiting += new
    return found
