"""Which regions the cases of a county or township count in, as parameters of the statements about
roll-ups.

With the classes that are sensitive (`hidden_classes`) they are what roll-ups depend on beside the
rows: when they are others, everything is counted anew.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection

from data_access import facts, region_tree

# Which regions have a row for the cases of a place: a county, or a township of a zone (功能区).
ANCESTORS = (
    "select * from unnest(cast(:place_ids as int[]), cast(:region_ids as int[]),"
    " cast(:cell_km as int[])) as a (place_id, region_id, cell_km)"
)
# SQL array of the townships that zones have.
ZONE_TOWNS = "cast(:zone_towns as int[])"
# Side of the cells in which heat is kept, by level of the region; a county's cases are few enough
# to be read.
CELL_KM = {"province": 5, "city": 2}
# Fact that holds what the stored roll-ups depend on, as a hash.
_FACT = "rollup_ancestors"
# Facts of those who read before everything is counted anew.
_COUNTIES_FACT = "rollup_counties"
_ZONES_FACT = "rollup_zones"


@dataclass(frozen=True, slots=True)
class Ancestors:
    """Pairs of place and region, in three lists of one length; cell_km 0: no cells are kept."""

    place_ids: list[int]
    region_ids: list[int]
    cell_km: list[int]
    # Zones and their townships, which are such places.
    towns_of_zones: list[tuple[int, list[int]]]

    def parameters(self) -> dict[str, list[int]]:
        """Of ANCESTORS and ZONE_TOWNS."""
        return {
            "place_ids": self.place_ids,
            "region_ids": self.region_ids,
            "cell_km": self.cell_km,
            "zone_towns": self.zone_towns,
        }

    def counties_by_region(self) -> list[tuple[int, list[int]]]:
        """Each region but the zones, with the counties whose cases count in it."""
        zones = {zone for zone, _ in self.towns_of_zones}
        found: dict[int, list[int]] = defaultdict(list)
        for place, region in zip(self.place_ids, self.region_ids, strict=True):
            if region not in zones:
                found[region].append(place)
        return list(found.items())

    @property
    def zone_towns(self) -> list[int]:
        """Of ZONE_TOWNS: the townships of all zones."""
        return [town for _, towns in self.towns_of_zones for town in towns]


def in_regions(rows: str, alias: str) -> str:
    """SQL after FROM: rows with county_id and town_id beside each region `a` that they count in.

    Two joins on one column each: on either of two, all rows were read again for every region.
    """
    return (
        f"(select {alias}.*, county_id as place_id from {rows} {alias}"
        f" union all select {alias}.*, town_id from {rows} {alias} where town_id is not null)"
        f" {alias} join ({ANCESTORS}) a on a.place_id = {alias}.place_id"
    )


def load(connection: Connection) -> Ancestors:
    """A county's cases count in the county, its city and the root.

    Those booked under an abolished county count in its successor; where it has several, its own
    row is kept beside those of city and root, for readers who may not see the whole city. Those of
    a zone's townships count in the zone as well.
    """
    tree = region_tree.load(connection)
    counties = {county.id for root in tree.roots() for county in tree.counties(root)}
    pairs: list[tuple[int, int, int]] = []
    for county_id, path in sorted(tree.booked_under(counties).items()):
        own = () if any(region_id in counties for region_id in path) else (county_id,)
        pairs += [(county_id, region_id, 0) for region_id in own]
        pairs += [
            (county_id, region_id, CELL_KM.get(tree.by_id[region_id].level, 0))
            for region_id in path
        ]
    towns_of_zones = [(zone.id, sorted(zone.towns)) for zone in tree.zones]
    pairs += [(town, zone, 0) for zone, towns in towns_of_zones for town in towns]
    return Ancestors(
        place_ids=[place_id for place_id, _, _ in pairs],
        region_ids=[region_id for _, region_id, _ in pairs],
        cell_km=[cell_km for _, _, cell_km in pairs],
        towns_of_zones=towns_of_zones,
    )


def are_known(connection: Connection, ancestors: Ancestors) -> bool:
    """Whether the stored roll-ups were made by these."""
    return bool(facts.read(connection, _FACT) == _fingerprint(ancestors))


def note(connection: Connection, ancestors: Ancestors) -> None:
    """The stored roll-ups were made by these."""
    facts.write(connection, _FACT, _fingerprint(ancestors))
    facts.write(connection, _COUNTIES_FACT, ancestors.counties_by_region())
    facts.write(connection, _ZONES_FACT, [list(zone) for zone in ancestors.towns_of_zones])


def note_where_missing(connection: Connection, ancestors: Ancestors) -> None:
    """Note the counties of roll-ups that an earlier program made by these."""
    if facts.read(connection, _COUNTIES_FACT) is None:
        note(connection, ancestors)


def counted_counties(connection: Connection) -> dict[int, frozenset[int]] | None:
    """Regions with the counties under which the cases are booked that the stored roll-ups count in
    them; None: it was never noted.
    """
    noted = facts.read(connection, _COUNTIES_FACT)
    return None if noted is None else {region: frozenset(places) for region, places in noted}


def counted_zones(connection: Connection) -> dict[int, frozenset[int]]:
    """Zones with the townships whose cases the stored roll-ups count in them."""
    noted = facts.read(connection, _ZONES_FACT) or []
    return {zone: frozenset(towns) for zone, towns in noted}


def _fingerprint(ancestors: Ancestors) -> str:
    told = json.dumps(ancestors.parameters(), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
