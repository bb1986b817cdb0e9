"""How many bytes the lines of all grids are, fetched county by county as the map does."""

import gzip
from collections.abc import Iterable
from contextlib import closing

from data_access import outlines, region_tree
from data_access.database import Database
from tests.bench.measurement import Measurement, milliseconds_of
from tests.bench.province.databases import ProvinceDatabase

AIM_MB = 2.0


def measure(large: ProvinceDatabase) -> Iterable[Measurement]:
    """All counties' grids, and the time that making each takes."""
    sizes, times = [], []
    with closing(Database(large.database.app_url)) as opened, opened.read() as connection:
        tree = region_tree.load(connection)
        lines = outlines.current_set(connection)
        if lines is None:
            raise RuntimeError("the database has no outlines")
        for county in tree.counties(tree.root):

            def fetched(county: region_tree.Region = county) -> None:
                document = outlines.document(connection, tree, county, "grids", lines.key)
                sizes.append(len(gzip.compress(document, 6)))

            times.append(milliseconds_of(fetched))
    yield Measurement(
        what="grids of the province, compressed in all",
        unit="MB",
        samples=(sum(sizes) / 1e6,),
        aim=AIM_MB,
        note=f"{len(sizes)} counties, gzip; the largest has {max(sizes) / 1000:.0f} kB.",
    )
    yield Measurement(
        what="grids of one county, read and compressed", unit="ms", samples=tuple(times)
    )
