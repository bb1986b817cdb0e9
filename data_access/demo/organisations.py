"""Who handles the demo's cases: centres, departments, committees, platforms, grid teams.

Ids follow from the region's, so that a case's holder needs no look-up. A grid team is a
township's: a grid's would be one worker.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from data_access.demo.geography import Geography, Level

DEPARTMENTS: Sequence[str] = (
    "公安局",
    "市场监督管理局",
    "综合行政执法局",
    "应急管理局",
    "住房和城乡建设局",
    "人力资源和社会保障局",
    "民政局",
    "司法局",
)
SECTORAL_COMMITTEE, COMMITTEE = 0, 9
GRID_TEAMS = 1_000_000


def unit_of_county(county_id: int, number: int) -> int:
    """Id of a county's department (1-8), sectoral committee (0) or people's committee (9)."""
    return county_id * 10 + number


def rows(geography: Geography) -> Iterator[dict[str, Any]]:
    """Rows of the table `organisations`."""
    for depth, level in enumerate(geography.levels[:3], start=1):
        yield from _centres(level, depth)
    for region_id, code, name in _named(geography.counties):
        yield from _county_units(region_id, code, name)
    for region_id, code, name in _named(geography.towns):
        yield _row(region_id, f"platform-{code}", f"{name}基层治理平台", "platform", region_id, 4)
        team = region_id + GRID_TEAMS
        yield _row(team, f"grid-team-{code}", f"{name}网格团队", "grid_team", region_id, 4)


def _centres(level: Level, depth: int) -> Iterator[dict[str, Any]]:
    for region_id, code, name in _named(level):
        yield _row(region_id, f"centre-{code}", f"{name}综治中心", "centre", region_id, depth)


def _county_units(county_id: int, code: str, county: str) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(DEPARTMENTS, start=1):
        unit = unit_of_county(county_id, number)
        yield _row(unit, f"department-{code}-{number}", county + name, "department", county_id, 3)
    for number, name in (
        (COMMITTEE, "人民调解委员会"),
        (SECTORAL_COMMITTEE, "行业性专业性调解委员会"),
    ):
        unit = unit_of_county(county_id, number)
        yield _row(unit, f"committee-{code}-{number}", county + name, "committee", county_id, 3)


def _named(level: Level) -> Iterator[tuple[int, str, str]]:
    return zip(map(int, level.ids), level.codes, level.names, strict=True)


def _row(unit: int, code: str, name: str, kind: str, region_id: int, level: int) -> dict[str, Any]:
    return {
        "id": unit,
        "code": code,
        "name": name,
        "kind": kind,
        "region_id": region_id,
        "level": level,
    }
