"""Which regions a county's cases count in, as parameters of the statements about roll-ups.

With the classes that are sensitive (`hidden_classes`) they are what roll-ups depend on beside the
rows: when they are others, everything is counted anew.
"""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import Connection

from data_access import facts, region_tree

# Which regions have a row for the cases of a county.
ANCESTORS = (
    "select * from unnest(cast(:county_ids as int[]), cast(:region_ids as int[]),"
    " cast(:cell_km as int[])) as a (county_id, region_id, cell_km)"
)
# Side of the cells in which heat is kept, by level of the region; a county's cases are few enough
# to be read.
CELL_KM = {"province": 5, "city": 2}
# Fact that holds what the stored roll-ups depend on, as a hash.
_FACT = "rollup_ancestors"


@dataclass(frozen=True, slots=True)
class Ancestors:
    """Pairs of county and region, in three lists of one length; cell_km 0: no cells are kept."""

    county_ids: list[int]
    region_ids: list[int]
    cell_km: list[int]

    def parameters(self) -> dict[str, list[int]]:
        """Of ANCESTORS."""
        return {
            "county_ids": self.county_ids,
            "region_ids": self.region_ids,
            "cell_km": self.cell_km,
        }


def load(connection: Connection) -> Ancestors:
    """A county's cases count in the county, its city and the root.

    Those booked under an abolished county count in its successor; where it has several, its own
    row is kept beside those of city and root, for readers who may not see the whole city.
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
    return Ancestors(
        county_ids=[county_id for county_id, _, _ in pairs],
        region_ids=[region_id for _, region_id, _ in pairs],
        cell_km=[cell_km for _, _, cell_km in pairs],
    )


def are_known(connection: Connection, ancestors: Ancestors) -> bool:
    """Whether the stored roll-ups were made by these."""
    return bool(facts.read(connection, _FACT) == _fingerprint(ancestors))


def note(connection: Connection, ancestors: Ancestors) -> None:
    """The stored roll-ups were made by these."""
    facts.write(connection, _FACT, _fingerprint(ancestors))


def _fingerprint(ancestors: Ancestors) -> str:
    told = json.dumps(ancestors.parameters(), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
