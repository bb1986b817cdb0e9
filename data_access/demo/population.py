"""Residents by region version: the 2020 census, and estimates for the districts drawn in 2021.

`census2020.csv` carries the totals of the 7th national census (2020-11-01) by county, taken from
the public repository leiii/census (MIT). Its codes are those of 2020: a figure belongs to the
region that had the code on the day of the count, never to the code alone.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from data_access.demo.names import REFORM_DAY

CENSUS_DAY = date(2020, 11, 1)
CENSUS = "第七次全国人口普查"
ESTIMATE = "估算:按2020年普查旧区人口拆分"

# New district -> (old district, share of its residents). 余杭 and 临平, 萧山 and 钱塘 share one
# old district each; 下沙 and 白杨 of 江干 went to 钱塘. Shares are rounded guesses.
ESTIMATED_SHARES: dict[str, tuple[tuple[str, float], ...]] = {
    "330102": (("330102", 1.0), ("330104", 0.65)),
    "330105": (("330103", 1.0), ("330105", 1.0)),
    "330109": (("330109", 0.89),),
    "330110": (("330110", 0.51),),
    "330113": (("330110", 0.49),),
    "330114": (("330104", 0.35), ("330109", 0.11)),
}


class Residents(NamedTuple):
    """Residents of a region, named by its code and a day on which it was valid."""

    code: str
    valid_on: date
    counted_on: date
    residents: int
    origin: str


@cache
def census() -> dict[str, int]:
    """Residents on the census day by the code of that day: province, cities, counties."""
    text = files("data_access.demo").joinpath("census2020.csv").read_text(encoding="utf-8")
    return {row["code"]: int(row["residents"]) for row in csv.DictReader(text.splitlines())}


def rows() -> Iterator[Residents]:
    """The census figures, and an estimate for each district that has none of its own."""
    for code, residents in census().items():
        yield Residents(code, CENSUS_DAY, CENSUS_DAY, residents, CENSUS)
    for code in ESTIMATED_SHARES:
        yield Residents(code, REFORM_DAY, REFORM_DAY, _estimate(code), ESTIMATE)


@cache
def residents_today() -> dict[str, int]:
    """Residents by today's code: counted for unchanged regions, estimated for the others."""
    return {**census(), **{code: _estimate(code) for code in ESTIMATED_SHARES}}


def by_region(regions: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of the table `population`: each figure with the region that had the code that day.

    Args:
        regions: rows with id, code, valid_from, valid_to (None: still valid).

    Raises:
        LookupError: a figure's code belonged to no region on its day.
    """
    versions = list(regions)
    for figure in rows():
        region_id = next(
            (
                region["id"]
                for region in versions
                if region["code"] == figure.code
                and region["valid_from"] <= figure.valid_on
                and (region["valid_to"] is None or figure.valid_on < region["valid_to"])
            ),
            None,
        )
        if region_id is None:
            raise LookupError(f"no region had the code {figure.code} on {figure.valid_on}")
        yield {
            "region_id": region_id,
            "counted_on": figure.counted_on,
            "residents": figure.residents,
            "registered_floating": None,
            "origin": figure.origin,
        }


def _estimate(code: str) -> int:
    known = census()
    return round(sum(share * known[old] for old, share in ESTIMATED_SHARES[code]))
