"""What is particular to a kind: versions of regions, sets of lines, steps, reported figures."""

import csv
import dataclasses
import hashlib
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from openpyxl import Workbook
from sqlalchemy import (
    URL,
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)

from dashboard.errors import (
    DatabaseUnavailable,
    DataUnavailable,
    ImportRefused,
    MappingError,
)
from dashboard.indicators import INDICATORS
from dashboard.work_calendar import WorkCalendar
from data_access import region_tree, reported_readings, rollups
from data_access.database import Database
from data_access.imports.command import import_rows
from data_access.imports.importing import ImportOutcome
from data_access.imports.tables import steps
from data_access.imports.tables.fields import Row, TableKind
from data_access.imports.tables.kinds import TABLE_KINDS
from data_access.imports.tables.literals import Percent
from data_access.imports.tables.reading import LARGEST_INTEGER
from data_access.imports.tables.reported import TARGETS
from data_access.schema import metadata
from tests.work_limits import workdays_later

RED_CARDS = (
    "select red_card_at at time zone 'Asia/Shanghai' from incidents where due_at is not null"
)
MAPPINGS = Path(__file__).parents[3] / "docs" / "examples"
FILES = Path(__file__).parent / "examples"

Importer = Callable[..., ImportOutcome]
Reader = Callable[..., list[Any]]


@pytest.fixture
def site(database_url: URL) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def load(site: Database, tmp_path: Path) -> Importer:
    """``load(kind)`` imports its example; `text` is another file, `replaced` another mapping."""

    def run(
        kind: str, text: str | None = None, file: Path | None = None, **replaced: str
    ) -> ImportOutcome:
        name = f"{kind}{'.geojson' if kind == 'outlines' else '.csv'}"
        file, mapping = file or FILES / name, (MAPPINGS / f"{kind}.toml").read_text("utf-8")
        for old, new in replaced.items():
            lines = [
                f"{old} = {new}" if line.startswith(f"{old} = ") else line
                for line in mapping.splitlines()
            ]
            mapping = "\n".join(lines)
        if text is not None:
            file = tmp_path / name
            file.write_text(text, "utf-8")
        (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
        return import_rows(
            site, kind, file, tmp_path / "mapping.toml", report_folder=tmp_path / "reports"
        )

    return run


def found(outcome: ImportOutcome) -> dict[str, int]:
    return {check.name: check.rows for check in outcome.checks}


def findings(outcome: ImportOutcome) -> list[dict[str, str]]:
    with outcome.report.open(encoding="utf-8-sig", newline="") as stored:
        return list(csv.DictReader(stored))


def reasons(outcome: ImportOutcome) -> list[str]:
    return [row["原因"] for row in findings(outcome)]


def columns(outcome: ImportOutcome) -> set[str]:
    return {row["列"] for row in findings(outcome)}


def test_a_constant_is_called_by_the_word_of_its_field(load: Importer) -> None:
    load("regions")
    # The line of `reporting` in the example, which follows, is then a constant.
    outcome = load(
        "staffing",
        "乡镇代码,日期,在册网格员数,在线网格员数\n330102001,2026-10-01,24,20\n",
        online='"在线网格员数"\n[constants]',
    )
    assert columns(outcome) == {"上报人数（常量）"}
    twice = "区划代码,常住人口,登记流动人口\n330102,1323467,210345\n330102,1323467,210345\n"
    assert columns(load("population", twice)) == {"区划代码,统计时点（常量）"}


def test_a_formula_without_its_result_rejects_the_row(
    load: Importer, rows_of: Reader, tmp_path: Path
) -> None:
    load("regions")
    book = Workbook()
    for row in csv.reader((FILES / "staffing.csv").read_text("utf-8-sig").splitlines()):
        book.active.append(row)
    # The number of those that reported, which no check would miss.
    book.active["E2"] = "=D2-1"
    book.save(tmp_path / "staffing.xlsx")
    before = load("staffing")
    outcome = load("staffing", file=tmp_path / "staffing.xlsx")
    assert found(outcome) == found(before) | {"uncalculated": 1, "unreadable_value": 1}
    assert outcome.rows_rejected == before.rows_rejected + 1


def test_a_day_that_is_over_keeps_what_was_corrected(
    load: Importer, rows_of: Reader, site: Database
) -> None:
    load("regions")
    with site.read() as connection:
        today = connection.scalar(text("select (now() at time zone 'Asia/Shanghai')::date"))
    yesterday = today - timedelta(days=1)
    head = "乡镇代码,日期,在册网格员数,在线网格员数,有上报的网格员数\n"
    for online in (20, 22):
        said = "".join(
            f"330102001,{day},24,{online},18\n330102002,{day},30,25,12\n"
            for day in (yesterday, today)
        )
        load("staffing", text=head + said)
    kept = (
        "select subject, town.code, v.day, (v.was ->> 'online')::int, v.is_deletion"
        " from daily_figure_versions v join regions town on town.id = v.town_id"
        " order by v.recorded_to, town.code"
    )
    corrected = ("staffing", "330102001", yesterday, 20, False)
    assert [tuple(row) for row in rows_of(kept)] == [corrected]
    with site.write() as connection:
        connection.execute(text("delete from staffing where day >= :day"), {"day": yesterday})
    deleted = [
        ("staffing", "330102001", yesterday, 22, True),
        ("staffing", "330102002", yesterday, 25, True),
    ]
    assert [tuple(row) for row in rows_of(kept)] == [corrected, *deleted]


def test_a_file_that_was_refused_is_read_again_when_what_it_lacked_is_there(
    load: Importer, rows_of: Reader
) -> None:
    refused = load("staffing")
    assert (refused.rows_accepted, refused.is_repeat) == (0, False)
    state = "select state, published_at is not null from import_batches where kind = 'staffing'"
    assert rows_of(state) == [("refused", False)]
    assert rows_of("select key from sources") == []
    load("regions")
    again = load("staffing")
    assert again.batch_id == refused.batch_id
    assert again.inserted == again.rows_accepted > 0
    assert rows_of(state) == [("published", True)]
    assert found(again).get("unknown_region", 0) < found(refused)["unknown_region"]
    assert len(rows_of("select 1 from sources where key = 'grid-staffing'")) == 1
    assert rows_of("select count(*) from pg_tables where tablename like 'batch%'") == [(0,)]


REGIONS_HEADER = "区划代码,名称,简称,级别,上级代码,启用日期,原代码,变更方式,是否行政区\n"


def test_regions_know_their_ancestors_and_their_sound(load: Importer, rows_of: Reader) -> None:
    load("regions")
    (grid,) = rows_of(
        "select g.pinyin, t.code as town, c.code as county, y.code as city, p.code as parent"
        " from regions g join regions t on t.id = g.town_id join regions c on c.id = g.county_id"
        " join regions y on y.id = g.city_id join regions p on p.id = g.parent_id"
        " where g.code = '330102001001001'"
    )
    assert tuple(grid) == (
        "qing he fang di yi wang ge",
        "330102001",
        "330102",
        "330100",
        "330102001001",
    )
    assert rows_of("select id = county_id from regions where code = '330102'") == [(True,)]


ZONES_HEADER = "功能区代码,乡镇代码,起始日期,终止日期\n"
MEMBERSHIPS = (
    "select z.code, t.code, m.valid_from::text, m.valid_to::text from zone_towns m"
    " join regions z on z.id = m.zone_id join regions t on t.id = m.town_id order by 1, 2, 3"
)


def test_towns_of_zones_are_told_row_by_row(
    load: Importer, site: Database, rows_of: Reader
) -> None:
    load("regions")
    outcome = load("zone_towns")
    assert found(outcome) == {"unknown_region": 1, "not_a_zone": 1, "two_zones": 1}
    assert [tuple(row) for row in rows_of(MEMBERSHIPS)] == [
        ("GX01", "330102001", "2021-01-01", "2024-01-01"),
        ("GX01", "330102002", "2021-01-01", None),
        ("GX01", "330106001", "2021-01-01", None),
    ]
    reported = rows_of(
        "select line, check_name, value from import_findings where is_rejection = 1"
        " and batch_id = (select max(id) from import_batches where kind = 'zone_towns')"
        " order by line"
    )
    assert [tuple(row) for row in reported] == [
        (5, "unknown_region", "330109009"),
        (6, "not_a_zone", "330102"),
        (7, "two_zones", "330102002"),
    ]
    with site.read() as connection:
        [zone] = region_tree.load(connection).zones
        assert len(zone.towns) == 2
        assert rollups.differences(connection) == 0


def test_a_town_goes_to_another_zone_when_its_membership_ends(
    load: Importer, rows_of: Reader
) -> None:
    zone = "JK01,示例经开区,经开区,县,330100,2020-01-01,,,否\n"
    load("regions")
    load("regions", REGIONS_HEADER + zone)
    load("zone_towns", ZONES_HEADER + "GX01,330102002,2021-01-01,\n")
    twice = load("zone_towns", ZONES_HEADER + "JK01,330102002,2025-01-01,\n")
    assert found(twice) == {"two_zones": 1}
    moved = load(
        "zone_towns",
        ZONES_HEADER + "JK01,330102002,2025-01-01,\nGX01,330102002,2021-01-01,2025-01-01\n",
    )
    assert (moved.rows_rejected, moved.inserted, moved.updated) == (0, 1, 1)
    assert [tuple(row) for row in rows_of(MEMBERSHIPS)] == [
        ("GX01", "330102002", "2021-01-01", "2025-01-01"),
        ("JK01", "330102002", "2025-01-01", None),
    ]


def test_a_town_goes_back_to_a_zone_that_it_left(load: Importer, rows_of: Reader) -> None:
    """Whatever the order of the rows: the membership that ends is ended first."""
    zone = "JK01,示例经开区,经开区,县,330100,2020-01-01,,,否\n"
    load("regions")
    load("regions", REGIONS_HEADER + zone)
    town = "330102002"
    open_in = {name: f"{name}01,{town},2021-01-01,\n" for name in ("GX", "JK")}
    ended_in = {name: f"{name}01,{town},2021-01-01,2025-01-01\n" for name in ("GX", "JK")}
    load("zone_towns", ZONES_HEADER + open_in["GX"] + ended_in["JK"])
    there = load("zone_towns", ZONES_HEADER + ended_in["GX"] + open_in["JK"])
    back = load("zone_towns", ZONES_HEADER + open_in["GX"] + ended_in["JK"])
    for moved in (there, back):
        assert (moved.rows_rejected, moved.inserted, moved.updated) == (0, 0, 2)
    assert [tuple(row) for row in rows_of(MEMBERSHIPS)] == [
        ("GX01", town, "2021-01-01", None),
        ("JK01", town, "2021-01-01", "2025-01-01"),
    ]


def test_memberships_that_begin_or_end_in_the_future_are_rejected(
    load: Importer, rows_of: Reader
) -> None:
    """They would count, or end, at once."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    later = today + timedelta(days=2)
    load("regions")
    outcome = load(
        "zone_towns",
        ZONES_HEADER
        + f"GX01,330102001,{today},\n"
        + f"GX01,330102002,{later},\n"
        + f"GX01,330106001,2021-01-01,{later}\n",
    )
    assert found(outcome) == {"future": 2}
    assert [tuple(row) for row in rows_of(MEMBERSHIPS)] == [("GX01", "330102001", str(today), None)]
    reported = rows_of(
        "select line, column_name, reason, value from import_findings"
        " where check_name = 'future' and is_rejection = 1 order by line"
    )
    assert [(line, column, value) for line, column, _, value in reported] == [
        (3, "起始日期", str(later)),
        (4, "终止日期", str(later)),
    ]
    assert "请到当日再导入此行" in reported[0].reason
    assert "请先将终止日留空" in reported[1].reason


def test_a_later_version_of_a_code_ends_the_one_before(load: Importer, rows_of: Reader) -> None:
    load("regions")
    outcome = load(
        "regions",
        REGIONS_HEADER
        + "330102,上城区,上城,县,330100,2026-04-01,330102,合并,\n"
        + "330102001,清波街道,清波,乡镇,330102,2000-01-01,,,\n",
    )
    assert (outcome.inserted, outcome.rows_accepted) == (1, 2)
    versions = rows_of(
        "select valid_from, valid_to, county_id = id from regions where code = '330102' order by 1"
    )
    assert versions == [
        (date(2000, 1, 1), date(2026, 4, 1), True),
        (date(2026, 4, 1), None, True),
    ]
    assert rows_of(
        "select kind, effective_on, p.valid_from from region_lineage l"
        " join regions p on p.id = l.predecessor_id"
    ) == [("merged", date(2026, 4, 1), date(2000, 1, 1))]


@pytest.mark.parametrize(
    ("row", "check"),
    [
        ("330102,上城区新,,县,330100,1999-01-01,,,", "former_version"),
        ("330102,上城市,,市,330000,2026-04-01,,,", "changed_level"),
        ("330102,上城市,,市,330000,2000-01-01,,,", "changed_level"),
        ("330102,上城区新,,县,330100,2099-01-01,,,", "future"),
        ("330103,下城区,,县,330100,2099-01-01,,,", "future"),
    ],
)
def test_a_version_that_would_leave_two_counties_or_none_is_rejected(
    load: Importer, rows_of: Reader, row: str, check: str
) -> None:
    load("regions")
    everything = "select id, code, name, level, valid_from, valid_to, parent_id from regions"
    before = rows_of(everything)
    outcome = load("regions", f"{REGIONS_HEADER}{row}\n")
    assert (found(outcome), outcome.rows_accepted) == ({check: 1}, 0)
    assert rows_of(everything) == before


def test_a_code_of_two_levels_in_one_file_is_of_the_first(load: Importer, rows_of: Reader) -> None:
    load("regions")
    outcome = load(
        "regions",
        f"{REGIONS_HEADER}330103,下城区,,县,330100,2000-01-01,,,\n"
        "330103,下城街道,,乡镇,330102,2020-01-01,,,\n",
    )
    assert found(outcome) == {"changed_level": 1}
    assert rows_of("select level from regions where code = '330103'") == [("county",)]


def test_a_former_version_with_its_end_is_history(load: Importer, rows_of: Reader) -> None:
    load("regions")
    header = REGIONS_HEADER.replace("启用日期", "启用日期,撤销日期")
    ended = {"valid_from": '"启用日期"\nvalid_to = "撤销日期"'}
    former = "330102,上城区旧,,县,330100,1990-01-01,{},,,\n"
    late = load("regions", header + former.format("2001-01-01"), **ended)
    assert found(late) == {"former_version": 1}
    in_time = load("regions", header + former.format("2000-01-01"), **ended)
    assert (found(in_time), in_time.inserted) == ({}, 1)
    assert rows_of("select name, valid_to from regions where code = '330102' order by 1 desc") == [
        ("上城区旧", date(2000, 1, 1)),
        ("上城区", None),
    ]


def test_versions_of_one_file_follow_each_other_in_any_order(
    load: Importer, rows_of: Reader
) -> None:
    load("regions")
    versions = "".join(
        f"330103,下城区,,县,330100,{year}-01-01,,,\n" for year in (2010, 1990, 2020, 2000)
    )
    load("regions", REGIONS_HEADER + versions)
    assert rows_of(
        "select extract(year from valid_from)::int, extract(year from valid_to)::int"
        " from regions where code = '330103' order by 1"
    ) == [(1990, 2000), (2000, 2010), (2010, 2020), (2020, None)]


def test_the_file_of_a_former_version_again_leaves_one_current(
    load: Importer, rows_of: Reader
) -> None:
    load("regions")
    load("regions", REGIONS_HEADER + "330102,上城区,上城,县,330100,2026-04-01,,,\n")
    header = REGIONS_HEADER.replace("启用日期", "启用日期,撤销日期")
    load(
        "regions",
        header + "330102,上城区旧,上城,县,330100,2000-01-01,,,,\n",
        valid_from='"启用日期"\nvalid_to = "撤销日期"',
    )
    assert rows_of("select name, valid_to from regions where code = '330102' order by 1") == [
        ("上城区", None),
        ("上城区旧", date(2026, 4, 1)),
    ]


def test_a_town_that_moves_takes_what_is_below_it_along(load: Importer, rows_of: Reader) -> None:
    load("regions")
    load("regions", REGIONS_HEADER + "330102001,清波街道,清波,乡镇,330106,2000-01-01,,,\n")
    assert rows_of(
        "select distinct c.code from regions r join regions c on c.id = r.county_id"
        " where r.code like '330102001%'"
    ) == [("330106",)]


def test_regions_below_one_that_is_rejected_are_rejected_too(load: Importer) -> None:
    outcome = load(
        "regions",
        REGIONS_HEADER
        + "330000,示例省,示例,省,,2000-01-01,,,\n"
        + "330199001,甲街道,甲,乡镇,330199,2000-01-01,,,\n"
        + "330199001001,乙社区,乙,村社区,330199001,2000-01-01,,,\n",
    )
    assert found(outcome) == {"unknown_parent": 2}
    assert outcome.rows_accepted == 1
    assert reasons(outcome) == [
        "文件和区划表中都没有上级区域 330199",
        "上级区域 330199001 在第 3 行被拒绝，请先改正该行",
    ]


def test_the_highest_region_of_a_file_is_told_to_leave_its_parent_empty(load: Importer) -> None:
    outcome = load(
        "regions",
        REGIONS_HEADER
        + "339900,甲市,甲,市,330000,2000-01-01,,,\n"
        + "339901,乙县,乙,县,339900,2000-01-01,,,\n",
    )
    assert found(outcome) == {"unknown_parent": 2}
    assert reasons(outcome) == [
        "文件和区划表中都没有上级区域 330000；最高一级的上级请留空",
        "上级区域 339900 在第 2 行被拒绝，请先改正该行",
    ]


def test_below_a_row_that_could_not_be_read_the_reason_says_that_it_does_not_count(
    load: Importer,
) -> None:
    outcome = load(
        "regions",
        REGIONS_HEADER
        + "330000,示例省,示例,省,,2000-01-01,,,\n"
        + "330100,示例市,示例,地级市,330000,2000-01-01,,,\n"
        + "330102,上城区,上城,县,330100,2000-01-01,,,\n",
    )
    assert reasons(outcome)[1:] == ["文件和区划表中都没有上级区域 330100（被拒绝的行不算在内）"]


def test_a_parent_that_is_no_code_is_not_repeated_in_the_reason(load: Importer) -> None:
    outcome = load(
        "regions",
        REGIONS_HEADER
        + "330000,示例省,示例,省,,2000-01-01,,,\n"
        + "330100,示例市,示例,市,王建国,2000-01-01,,,\n",
    )
    assert reasons(outcome) == ["文件和区划表中都没有上级区域"]


def test_a_parent_must_be_of_a_higher_level(load: Importer) -> None:
    outcome = load(
        "regions",
        REGIONS_HEADER
        + "330102,上城区,上城,县,,2000-01-01,,,\n"
        + "330100,示例市,示例,市,330102,2000-01-01,,,\n",
    )
    assert found(outcome) == {"wrong_parent": 1}


def outlines(**boxes: tuple[float, float, float, float]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"adcode": code.removeprefix("r")},
            "geometry": json.loads(shapely.to_geojson(shapely.box(*box))),
        }
        for code, box in boxes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


BOX, OTHER = (120.0, 30.0, 120.1, 30.1), (120.2, 30.0, 120.3, 30.1)


def test_a_number_of_approval_is_bound_to_the_very_file(load: Importer, rows_of: Reader) -> None:
    load("regions")
    lines = outlines(r330102=BOX)
    examined = f'"{hashlib.sha256(lines.encode()).hexdigest()}"'
    bound = "select approval_number, approved_checksum = checksum from geometry_sets order by id"
    load("outlines", lines)
    assert rows_of(bound) == [("示例S(2026)001号", None)]
    load("outlines", lines, approved_sha256=examined)
    assert rows_of(bound) == [("示例S(2026)001号", True)]
    load("outlines", lines, approved_sha256=examined, datum='"GCJ-02"')
    assert rows_of(bound)[-1] == ("示例S(2026)001号", None)


def test_lines_are_kept_in_wgs84_with_area_and_centre(load: Importer, rows_of: Reader) -> None:
    load("regions")
    load("outlines", outlines(r330102=BOX), datum='"BD-09"')
    ((outline, area, lon, lat),) = rows_of(
        "select outline, area_km2, centre_lon, centre_lat from region_geometries"
        " join regions on id = region_id"
    )
    shape = shapely.from_wkb(bytes(outline))
    assert abs(shape.centroid.x - 120.05) > 0.005
    assert shape.contains(shapely.Point(lon, lat))
    assert area == pytest.approx(106.5, rel=0.02)


def test_a_set_of_lines_replaces_the_one_before_or_completes_it(
    load: Importer, rows_of: Reader
) -> None:
    load("regions")
    used = (
        "select code from region_geometries join regions on id = region_id"
        " where set_id = (select max(id) from geometry_sets) order by 1"
    )
    load("outlines", outlines(r330102=BOX))
    load("outlines", outlines(r330106=OTHER))
    assert rows_of(used) == [("330106",)]
    load("outlines", outlines(r330102=BOX), datum='"WGS-84"\ncompletes = true')
    assert rows_of(used) == [("330102",), ("330106",)]


def test_lines_that_come_again_are_in_use_again(load: Importer, rows_of: Reader) -> None:
    load("regions")
    for box in (BOX, OTHER, BOX):
        load("outlines", outlines(r330102=box))
    ((stored,),) = rows_of(
        "select outline from region_geometries where set_id = (select max(id) from geometry_sets)"
    )
    assert shapely.from_wkb(bytes(stored)).bounds == pytest.approx(BOX)
    assert rows_of("select count(*), count(distinct checksum) from geometry_sets") == [(2, 2)]


@pytest.mark.parametrize(
    "geometry",
    [
        '{"type": "Point", "coordinates": [120, 30]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}',
        '{"type": "Polygon", "coordinates": [[[30, 120], [31, 120], [31, 121], [30, 120]]]}',
        "null",
    ],
)
def test_what_is_no_polygon_in_degrees_is_refused(load: Importer, geometry: str) -> None:
    load("regions")
    outcome = load(
        "outlines",
        '{"features": [{"properties": {"adcode": "330102"}, "geometry": ' + geometry + "}]}",
    )
    assert outcome.rows_accepted == 0
    assert set(found(outcome)) <= {"broken_outline", "missing_value"}


@pytest.mark.parametrize(
    ("rings", "reason"),
    [
        ([[(0, 0), (4, 4), (4, 0), (0, 4), (0, 0)]], "界线自相交（在 2, 2 附近）"),
        ([[(0, 0), (4, 0), (4, 4), (2, 0), (0, 4), (0, 0)]], "界线与自身相接（在 2, 0 附近）"),
        (
            [
                [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)],
                [(5, 5), (6, 5), (6, 6), (5, 6), (5, 5)],
            ],
            "内圈在外圈之外（在 5, 5 附近）",
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_chinese(
    load: Importer, rings: list[list[tuple[int, int]]], reason: str
) -> None:
    load("regions")
    geometry = json.dumps({"type": "Polygon", "coordinates": rings})
    outcome = load(
        "outlines",
        '{"features": [{"properties": {"adcode": "330102"}, "geometry": ' + geometry + "}]}",
    )
    assert reasons(outcome) == [f"界线无效：{reason}；请在地理信息软件中修正"]


def test_a_line_wrong_in_a_way_without_words_is_invalid(
    load: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapely, "is_valid_reason", lambda shape: "Topology Validation Error[0 0]")
    load("regions")
    geometry = '{"type": "Polygon", "coordinates": [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]}'
    outcome = load(
        "outlines",
        '{"features": [{"properties": {"adcode": "330102"}, "geometry": ' + geometry + "}]}",
    )
    assert reasons(outcome) == ["界线无效：不成多边形（在 0, 0 附近）；请在地理信息软件中修正"]


def test_a_wrong_level_is_told_in_words(load: Importer) -> None:
    load("regions")
    head = "乡镇代码,日期,在册网格员数,在线网格员数,有上报的网格员数\n"
    outcome = load("staffing", head + "330102,2026-10-01,24,20,18\n")
    assert reasons(outcome) == ["区域的层级是县(市、区)，应为乡镇(街道)"]


@pytest.mark.parametrize("table", ["import_findings", "receptions"])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "导入 receptions.csv 时数据库的磁盘已满。请腾出空间，"),
        ("40P01", "导入 receptions.csv 时与其他写入互相等待（死锁），已撤销。请"),
        ("55P03", "导入 receptions.csv 时等待其他写入超过限时。请"),
        ("57P01", "导入 receptions.csv 时数据库连接中断。请在数据库恢复后"),
    ],
)
def test_what_the_server_fails_of_is_told_with_what_to_do(
    load: Importer, site: Database, rows_of: Reader, table: str, state: str, said: str
) -> None:
    load("regions")
    with site.write() as connection:
        connection.exec_driver_sql(
            "create function fail() returns trigger language plpgsql as $$"
            f" begin raise exception 'some words' using errcode = '{state}'; end $$"
        )
        connection.exec_driver_sql(
            f"create trigger fail before insert on {table} for each row execute function fail()"
        )
    with pytest.raises(DataUnavailable) as raised:
        load("receptions")
    assert str(raised.value).startswith(said)
    assert str(raised.value).endswith(
        "重新运行同一命令，即从中断处继续；尚无任何行可见（原话：some words）。"
    )
    assert isinstance(raised.value, DatabaseUnavailable) is (state == "57P01")
    with site.write() as connection:
        connection.exec_driver_sql(f"drop trigger fail on {table}")
    assert load("receptions").inserted == 2


def test_a_database_without_its_tables_is_told_what_to_run(load: Importer, site: Database) -> None:
    load("regions")
    with site.write() as connection:
        connection.exec_driver_sql("drop table receptions cascade")
    with pytest.raises(ImportRefused, match=r"^数据库缺少所需的表，请先运行 cockpit db migrate"):
        load("receptions")


@pytest.fixture
def cases(load: Importer) -> None:
    for kind in ("regions", "organisations", "incidents"):
        load(kind)


INCIDENT = (
    "事件编号,上报时间,受理时间,交办时间,签收时间,办结时限,办结时间,网格编码,坐标,状态,来源,"
    "承办单位代码,办结层级,小类,大类\n{number},2026-11-01 08:00:00,,,,,,{region},,,,,,,\n"
)
DISPUTE = (
    "纠纷编号,登记时间,受理时间,调解开始时间,调解结束时间,化解时间,办结时间,化解时限,区划代码,"
    "中心代码,化解方式,是否行专调解,调解结果,纠纷类别\n"
    "{number},2026-11-01 08:00:00,,,,,,,{region},,,,,\n"
)


@pytest.mark.parametrize(("kind", "line"), [("incidents", INCIDENT), ("disputes", DISPUTE)])
def test_a_case_of_a_whole_city_is_rejected_and_the_others_come(
    kind: str, line: str, load: Importer, rows_of: Reader
) -> None:
    load("regions")
    header, sound, _ = line.format(number="A1", region="330102").split("\n")
    _, city, _ = line.format(number="A2", region="330100").split("\n")
    outcome = load(kind, "\n".join((header, sound, city)), encoding='"utf-8"')
    assert (outcome.rows_accepted, outcome.rows_rejected) == (1, 1)
    assert found(outcome)["wrong_level"] == 1
    assert rows_of(f"select case_no from {kind}") == [("A1",)]


def test_unassigned_cases_need_a_region_in_a_county(load: Importer) -> None:
    load("regions")
    patterns = "['(?P<code>[0-9]+)']\nunassigned = \"330100\""
    with pytest.raises(ImportRefused, match=r"region\.unassigned 指向区划 330100，它在县"):
        load("incidents", patterns=patterns)


@pytest.mark.usefixtures("cases")
def test_steps_reach_their_case_and_come_once(load: Importer, rows_of: Reader) -> None:
    header = "事件编号,环节,发生时间,承办单位代码\n"
    first = "330102202611010002,签收,2026-11-01 09:20:00,D02\n"
    second = "330102202611010002,办结,2026-11-01 12:00:00,D01\n"
    assert load("steps", header + first).inserted == 1
    outcome = load("steps", header + first + second)
    assert (outcome.inserted, outcome.unchanged) == (1, 1)
    ((signed, closed, holder),) = rows_of(
        "select signed_at is not null, closed_at is not null, o.code from incidents"
        " join organisations o on o.id = holder_id where case_no = '330102202611010002'"
    )
    assert (signed, closed, holder) == (True, True, "D01")
    assert rows_of(
        "select step_no, step from steps where case_no = '330102202611010002' order by 1"
    ) == [(1, "registered"), (2, "accepted"), (3, "signed"), (4, "closed")]


@pytest.mark.usefixtures("cases")
def test_a_step_before_its_case_keeps_the_case_out_of_durations(
    load: Importer, rows_of: Reader
) -> None:
    outcome = load(
        "steps",
        "事件编号,环节,发生时间,承办单位代码\n"
        "330102202611010002,签收,2026-10-31 09:20:00,D02\n"
        "330102202611010003,签收,2026-11-01 09:20:00,D02\n",
    )
    assert (outcome.rows_accepted, found(outcome)) == (2, {"time_out_of_order": 1})
    assert rows_of(
        "select case_no, has_doubtful_times from incidents where case_no like '%000_'"
        " and signed_at is not null and accepted_at is not null and dispatched_at is null"
    ) == [("330102202611010002", True), ("330102202611010003", False)]


@pytest.mark.usefixtures("cases")
@pytest.mark.parametrize(
    ("of_source", "reason"),
    [
        ("", "来源 another 没有此案件；.*source.key 须与案件的来源相同，或另写 case_source"),
        ('\ncase_source = "another"', "case_source 所指的来源没有此案件"),
    ],
)
def test_steps_of_another_source_are_told_whose_cases_were_looked_for(
    load: Importer, rows_of: Reader, of_source: str, reason: str
) -> None:
    outcome = load("steps", key='"another"', subject=f'"incident"{of_source}')
    assert outcome.rows_accepted == 0
    told = {row.reason for row in rows_of("select reason from import_findings")}
    assert [each for each in told if re.match(reason, each)], told


@pytest.mark.usefixtures("cases")
def test_a_step_of_no_case_does_not_show_what_stands_for_its_number(
    load: Importer, rows_of: Reader
) -> None:
    outcome = load(
        "steps",
        "事件编号,环节,发生时间,承办单位代码\n11010519491231002X,签收,2026-11-01 09:20:00,D02\n",
    )
    assert found(outcome) == {"unknown_case": 1}
    ((value,),) = rows_of("select value from import_findings where check_name = 'unknown_case'")
    assert "1949" not in value


def test_steps_of_no_cases_are_rejected_a_piece_at_a_time(
    load: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("regions")
    load("organisations")
    peaks = []

    def measured(*of_the_batch: Any) -> None:
        tracemalloc.start()
        steps.finish(*of_the_batch)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    kind = dataclasses.replace(TABLE_KINDS["steps"], finish=measured)
    monkeypatch.setitem(TABLE_KINDS, "steps", kind)
    lines = (f"A{n},签收,2026-11-01 09:20:00,D02\n" for n in range(4 * steps.ROWS_AT_ONCE))
    outcome = load("steps", "事件编号,环节,发生时间,承办单位代码\n" + "".join(lines))
    assert found(outcome) == {"unknown_case": 4 * steps.ROWS_AT_ONCE}
    # All at once they took 30 million bytes.
    assert max(peaks) < 10_000_000


def test_a_reported_figure_that_differs_is_kept_beside_the_first(
    load: Importer, rows_of: Reader
) -> None:
    load("regions")
    header = "指标,区划代码,月份,分子,分母\n"
    load("reported", header + "视频联网率,330102,2026-10,980,1000\n")
    outcome = load(
        "reported",
        header + "视频联网率,330102,2026-10,990,1000\n视频完好率,330102,2026-10,955,1000\n",
    )
    assert (outcome.inserted, outcome.updated) == (1, 1)
    assert rows_of(
        "select numerator, period_end from reported_values where indicator = 'video_networked'"
        " order by recorded_at"
    ) == [(980, date(2026, 11, 1)), (990, date(2026, 11, 1))]


@pytest.fixture
def reported_on(load: Importer) -> Callable[[str], ImportOutcome]:
    """``reported_on("10,20,2026-11-05")``: one figure's numerator, denominator and 报送时间."""
    load("regions")

    def run(figure: str) -> ImportOutcome:
        return load(
            "reported",
            f"指标,区划代码,月份,分子,分母,报送时间\n视频联网率,330102,2026-10,{figure}\n",
            period_start='"月份"\nrecorded_at = "报送时间"',
            cycle_seconds='2678400\n[times]\nformat = "%Y-%m-%d"',
        )

    return run


def test_corrections_under_the_time_of_the_first_are_kept_beside_it(
    reported_on: Callable[[str], ImportOutcome], rows_of: Reader
) -> None:
    reported_on("10,20,2026-11-05")
    # Taken back at last: what the source says now counts.
    for figure in ("12,20", "15,20", "10,20"):
        outcome = reported_on(f"{figure},2026-11-05")
        assert (outcome.inserted, outcome.updated, outcome.unchanged) == (0, 1, 0)
    again = reported_on("10,20,2026-11-05")
    assert (again.inserted, again.updated) == (0, 0)
    versions = "select numerator from reported_values order by recorded_at"
    assert rows_of(versions) == [(10,), (12,), (15,), (10,)]


def test_what_is_reported_later_stays_later_than_a_correction(
    reported_on: Callable[[str], ImportOutcome], site: Database, rows_of: Reader
) -> None:
    for figure in ("10,20,2026-11-05", "11,20,2026-11-05", "12,20,2026-11-10"):
        reported_on(figure)
    ((region_id,),) = rows_of("select id from regions where code = '330102'")
    with site.read() as connection:
        found = reported_readings.read(connection, [region_id], datetime.now(UTC))
    assert [each.numerator for each in found if each.indicator == "video_networked"] == [12]
    # A late correction of the earlier report changes history only.
    assert reported_on("13,20,2026-11-05").updated == 1
    versions = "select numerator from reported_values order by recorded_at"
    assert rows_of(versions) == [(10,), (11,), (13,), (12,)]


def test_a_correction_of_a_figure_of_a_time_to_come_is_the_newest(
    load: Importer, reported_on: Callable[[str], ImportOutcome], rows_of: Reader
) -> None:
    tomorrow = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=23)
    for figure in ("10,20", "12,20"):
        reported_on(f"{figure},{tomorrow:%Y-%m-%d}")
    load("reported", "指标,区划代码,月份,分子,分母\n视频联网率,330102,2026-10,13,20\n")
    versions = "select numerator from reported_values order by recorded_at"
    assert rows_of(versions) == [(10,), (12,), (13,)]


def test_a_month_told_as_its_days_is_the_same_month(load: Importer, rows_of: Reader) -> None:
    load("regions")
    outcome = load(
        "reported",
        "指标,区划代码,月份,截止日,分子,分母\n"
        "视频联网率,330102,2026-10,,1,2\n视频联网率,330102,2026-10-01,2026-10-31,2,2\n",
        period_start='"月份"\nlast_day = "截止日"',
    )
    assert (outcome.inserted, found(outcome)) == (1, {"duplicate_row": 1})
    assert reasons(outcome) == ["与前面的行是同一指标、区划和期间，以首次出现的为准"]
    assert rows_of("select numerator from reported_values") == [(1,)]


@pytest.mark.parametrize(
    ("row", "check"),
    [
        ("视频联网率,330102,2026-10,-1,10", "out_of_range"),
        ("视频联网率,330102,2026-10,0,-10", "out_of_range"),
        ("视频联网率,330102,2026-10,11,10", "part_above_whole"),
        ("视频联网率,330102,2026-10,0.95,1", "unreadable_value"),
        ("视频联网率,330102,2026-10,,", "missing_value"),
        ("视频联网率,330102,2026-10,5,", "missing_value"),
        ("万人成讼率,330102,2026-10,3,0", "empty_base"),
        ("视频联网率,330102,2099-01,1,2", "future"),
        ("视频联网率,330102,2026-10-15,1,2", "mid_month"),
    ],
)
def test_a_reported_figure_that_a_form_would_refuse_is_rejected(
    load: Importer, rows_of: Reader, row: str, check: str
) -> None:
    load("regions")
    header = "指标,区划代码,月份,分子,分母\n"
    indicators = '"video_networked"\n"万人成讼率" = "litigation_per_10k"'
    outcome = load(
        "reported",
        f"{header}视频联网率,330102,2026-09,0,0\n{row}\n",
        **{'"视频联网率"': indicators},
    )
    assert (outcome.inserted, outcome.rows_rejected) == (1, 1)
    assert check in found(outcome)
    assert rows_of("select period_start from reported_values") == [(date(2026, 9, 1),)]


@pytest.mark.parametrize(
    ("row", "mapped"),
    [
        ("视频联网率,330102,9999-12,1,2", '"月份"'),
        ("视频联网率,330102,2026-10-12,1,2,9999-12-31", '"月份"\nlast_day = "截止日"'),
    ],
)
def test_a_period_to_the_end_of_time_has_not_ended(load: Importer, row: str, mapped: str) -> None:
    load("regions")
    header = "指标,区划代码,月份,分子,分母" + (",截止日\n" if "截止日" in mapped else "\n")
    sound = header + "视频联网率,330102,2026-09,1,2" + ("," if "截止日" in mapped else "") + "\n"
    outcome = load("reported", f"{sound}{row}\n", period_start=mapped)
    assert (outcome.inserted, found(outcome)) == (1, {"future": 1})


def test_more_cases_than_people_are_no_part_of_them(load: Importer) -> None:
    load("regions")
    outcome = load(
        "reported",
        "指标,区划代码,月份,分子,分母\n视频联网率,330102,2026-10,12,10\n",
        **{'"视频联网率"': '"litigation_per_10k"'},
    )
    assert (outcome.inserted, found(outcome)) == (1, {})


def test_a_period_of_days_is_reported_with_its_last_day(load: Importer, rows_of: Reader) -> None:
    load("regions")
    load(
        "reported",
        "指标,区划代码,月份,截止日,分子,分母\n视频联网率,330102,2026-10-12,2026-10-18,1,2\n",
        period_start='"月份"\nlast_day = "截止日"',
    )
    assert rows_of("select period_start, period_end from reported_values") == [
        (date(2026, 10, 12), date(2026, 10, 19))
    ]


def test_a_code_list_as_long_as_free_text_is_cut(load: Importer) -> None:
    rows = "\n".join(f"c{n},第{n}类,," for n in range(1_003))
    outcome = load("codes", "代码,名称,上级代码,是否敏感\n" + rows)
    assert (outcome.rows_accepted, found(outcome)) == (1_000, {"too_many_codes": 3})


def test_working_days_are_numbered_anew(load: Importer, rows_of: Reader) -> None:
    load("regions")  # brings the official calendar of its years
    before = rows_of("select workday_no from work_calendar where day = '2026-12-31'")[0][0]
    load(
        "calendars", "日期,是否上班,节日\n2026-11-21,是,调休上班\n2026-11-23,否,\n2026-11-24,否,\n"
    )
    assert rows_of("select workday_no from work_calendar where day = '2026-12-31'") == [
        (before - 1,)
    ]
    assert rows_of(
        "select count(*) from (select workday_no - lag(workday_no, 1, 0) over (order by day)"
        " - is_workday::int as step from work_calendar) d where step <> 0"
    ) == [(0,)]


def test_a_calendar_of_exceptions_is_filled_up_by_weekdays(
    load: Importer, rows_of: Reader, site: Database
) -> None:
    load("regions")
    with site.write() as connection:
        connection.execute(text("delete from work_calendar"))
    lines = "2024-10-04,否,国庆节\n2026-10-10,是,调休上班\n2962-10-01,否,国庆节\n"
    outcome = load("calendars", "日期,是否上班,节日\n" + lines)
    assert (outcome.rows_accepted, found(outcome)) == (2, {"unlikely_year": 1})
    assert rows_of(
        "select min(day), max(day), count(*)::int, count(*) filter (where is_presumed)::int"
        " from work_calendar"
    ) == [(date(2024, 1, 1), date(2026, 12, 31), 366 + 365 + 365, 366 + 365 + 363)]
    fridays = "select workday_no from work_calendar where day in ('2026-10-09', '2026-10-16')"
    first, second = (number for (number,) in rows_of(f"{fridays} order by day"))
    assert second - first == 6
    assert rows_of("select is_workday from work_calendar where day = '2024-10-04'") == [(False,)]


def test_another_file_of_a_source_changes_what_differs_and_no_more(
    load: Importer, rows_of: Reader
) -> None:
    load("regions")
    load("population")
    outcome = load(
        "population",
        "区划代码,常住人口,登记流动人口\n330102,1323467,210345\n330106,1112993,\n330100,9000000,\n",
    )
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (1, 1, 1)
    assert rows_of("select count(*) from population") == [(3,)]


@pytest.mark.parametrize(
    ("kind", "changed", "expected"),
    [
        (
            "population",
            {"residents": '"常住人口"\nresidnts = "x"'},
            "columns.residnts：没有这个字段",
        ),
        ("population", {"origin": '"x"\nregion = "330102"'}, "constants.region：已写在 columns 中"),
        ("organisations", {'"部门"': '"bureau"'}, "values.kind：应为 department"),
        ("targets", {"value": "7"}, "columns.value：应为文本"),
    ],
)
def test_a_wrong_key_of_a_table_is_named(
    kind: str, changed: dict[str, str], expected: str, load: Importer
) -> None:
    with pytest.raises(MappingError) as refused:
        load(kind, **changed)
    assert expected in str(refused.value)


def test_a_target_stands_in_the_unit_its_indicator_is_printed_in(
    load: Importer, rows_of: Reader
) -> None:
    head = "指标,区划代码,起始日期,目标值\n"
    lines = [
        # What a spreadsheet has of a cell that shows 98%.
        "视频完好率,330100,2026-01-01,0.98",
        "视频联网率,330100,2026-01-01,101",
        "视频联网率,330100,2026-02-01,-1",
        "视频联网率,330100,2026-03-01,98.5%",
        "视频联网率,330100,2026-04-01,100",
    ]
    load("regions")
    outcome = load("targets", head + "\n".join(lines))
    assert (outcome.rows_accepted, found(outcome)) == (2, {"target_unit": 3})
    assert rows_of("select value from targets order by value") == [(98.5,), (100.0,)]


def test_a_percent_sign_stands_only_with_rates() -> None:
    (check,) = TARGETS.checks
    days = next(indicator for indicator in INDICATORS if indicator.unit != "%")
    columns = {"indicator": [days.key] * 2, "value": [Percent(5), 5.0]}
    assert "不应带百分号" in (check.look(Row(columns, 0)) or "")
    assert check.look(Row(columns, 1)) is None


def test_months_and_numbers_are_never_read_as_others(load: Importer, rows_of: Reader) -> None:
    load("regions")
    months = [("202511", 1), ("202512", 2), ("46024", 3), ("2025111", 4)]
    lines = [f"视频联网率,330102,{month},{number},1000" for month, number in months]
    outcome = load("reported", "指标,区划代码,月份,分子,分母\n" + "\n".join(lines))
    assert found(outcome) == {"unreadable_value": 2}
    assert rows_of("select period_start, numerator from reported_values order by 1") == [
        (date(2025, 11, 1), 1.0),
        (date(2025, 12, 1), 2.0),
    ]
    residents = ['"1,323,467"', "95%", '"1,2,3"', '"12,34"', "1_000"]
    lines = [f"330102,{number}," for number in residents]
    outcome = load("population", "区划代码,常住人口,登记流动人口\n" + "\n".join(lines))
    assert found(outcome) == {"unreadable_value": 4}
    assert rows_of("select residents from population") == [(1323467,)]


def test_a_reception_lies_at_most_a_day_ahead(load: Importer) -> None:
    load("regions")
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    times = (now + timedelta(hours=23), now + timedelta(hours=25))
    header, _, *_ = (FILES / "receptions.csv").read_text("utf-8-sig").split("\n")
    lines = [f"N{n},330102,{at:%Y-%m-%d %H:%M},3,是,," for n, at in enumerate(times)]
    outcome = load("receptions", "\n".join((header, *lines)))
    assert (outcome.rows_accepted, found(outcome)) == (1, {"out_of_range": 1})


def test_a_number_that_its_column_cannot_hold_rejects_its_row_only(
    load: Importer, rows_of: Reader
) -> None:
    load("regions")
    header, *_ = (FILES / "receptions.csv").read_text("utf-8-sig").split("\n")
    lines = [
        f"N{n},330102,2026-11-01 09:05,{people},是,,"
        for n, people in enumerate((2, 32_767, 32_768, 2_147_483_647))
    ]
    outcome = load("receptions", "\n".join((header, *lines)))
    assert (outcome.rows_accepted, found(outcome)) == (2, {"out_of_range": 2})
    assert {*reasons(outcome)} == {"大于 32767"}
    assert rows_of("select people from receptions order by 1") == [(2,), (32_767,)]


def test_a_grade_that_its_column_cannot_hold_is_left_out(load: Importer, rows_of: Reader) -> None:
    load("regions")
    outcome = load(
        "organisations",
        "机构代码,机构名称,机构类型,所属区划代码,星级\n"
        "C1,上城区综治中心,综治中心,330102,5\nC2,西湖区综治中心,综治中心,330106,99999\n",
        region='"所属区划代码"\nlevel = "星级"',
    )
    assert (outcome.rows_accepted, found(outcome)) == (2, {"out_of_range": 1})
    assert rows_of("select code, level from organisations") == [("C1", 5), ("C2", None)]


# Largest whole number by type of column; a double holds every integer that is read.
LARGEST = {SmallInteger: 2**15 - 1, Integer: 2**31 - 1, Double: 2**53}
COLUMNS: dict[str, type] = {
    **dict.fromkeys(("code", "name", "choice"), Text),
    **dict.fromkeys(("region", "organisation"), Integer),
    **{"number": Double, "flag": Boolean, "date": Date, "instant": DateTime},
    "outline": LargeBinary,
}


@pytest.mark.parametrize("kind", TABLE_KINDS.values(), ids=TABLE_KINDS)
def test_every_value_that_a_field_takes_fits_its_column(kind: TableKind) -> None:
    table = metadata.tables[kind.table]
    stored = [field for field in kind.fields if field.target in table.c]
    assert stored
    for field in stored:
        column = table.c[field.target].type
        if field.type == "integer":
            assert (field.maximum or LARGEST_INTEGER) <= LARGEST[type(column)], field.name
        else:
            assert isinstance(column, COLUMNS[field.type]), field.name
            assert getattr(column, "length", None) is None, field.name


@pytest.mark.usefixtures("cases")
def test_what_only_the_database_finds_too_large_is_told_without_its_value(
    load: Importer, site: Database, rows_of: Reader
) -> None:
    with site.write() as connection:
        connection.execute(
            text(
                "insert into steps select subject, home_county_id, source_id, case_no,"
                " registered_month, 32767, 'joint', null, occurred_at, recorded_at"
                " from steps where case_no = '330102202611010002' limit 1"
            )
        )
    before = rows_of("select count(*) from steps")
    with pytest.raises(ImportRefused, match=r"steps\.csv 中有库里存不下的值（22003）") as raised:
        load("steps")
    assert not re.search("smallint|330102|select|insert", str(raised.value))
    assert rows_of("select count(*) from steps") == before


def test_a_mapping_of_another_kind_is_refused(site: Database, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="是 patrols，而要导入的是 staffing"):
        import_rows(
            site,
            "staffing",
            FILES / "staffing.csv",
            MAPPINGS / "patrols.toml",
            report_folder=tmp_path,
        )


@pytest.mark.usefixtures("cases")
def test_a_class_that_a_code_list_marks_leaves_the_heat_with_the_import(
    load: Importer, rows_of: Reader, site: Database
) -> None:
    with site.write() as connection:
        rollups.follow_regions(connection)
        rollups.fold(connection)
    ((cases,),) = rows_of("select count(*) from incidents where class_code = 'A02'")
    assert cases
    heat = (
        "select sum(amount) from rollup_spreads r join regions g on g.id = r.region_id"
        " where spread = 'cells' and g.level = 'city'"
    )
    told = "select count(*) from outbox where subject = 'codes'"
    ((before,),), ((already,),) = rows_of(heat), rows_of(told)
    marked = "代码,名称,上级代码,是否敏感\nA02,道路与路灯,,是\n"
    load("codes", marked, list_key='"incident_class"', category='"service"')
    ((after,),), ((since,),) = rows_of(heat), rows_of(told)
    assert before - after == cases
    assert since > already
    with site.read() as connection:
        assert rollups.differences(connection) == 0


def test_points_without_a_map_centre_are_told_what_to_write(
    load: Importer, site: Database, tmp_path: Path
) -> None:
    load("regions")
    with site.write() as connection:
        connection.execute(text("delete from database_facts where key = 'heat_origin'"))
    content = (MAPPINGS / "incidents.toml").read_text("utf-8")
    (tmp_path / "mapping.toml").write_text(
        content.replace("map_centre =", "# map_centre ="), "utf-8"
    )
    given = (site, "incidents", FILES / "incidents.csv", tmp_path / "mapping.toml")
    with pytest.raises(ImportRefused, match=r"还没有地图中心。.*写明 map_centre = \[经度, 纬度\]"):
        import_rows(*given, report_folder=tmp_path)


def test_classes_are_not_doubled_under_codes_of_their_own(load: Importer, rows_of: Reader) -> None:
    load("regions")
    listed = "代码,名称,上级代码,是否敏感\nD01,邻里矛盾苗头,,是\nA02,另名,,否\n"
    load("codes", listed, list_key='"incident_class"', category='"dispute"')
    doubled = "incident_class 中已有同名的类别：邻里矛盾苗头（写作 E01，库中是 D01）"
    with pytest.raises(ImportRefused, match=doubled):
        load("incidents")
    assert rows_of("select count(*) from sources where kind = 'incidents'") == [(0,)]
    # A code that is there keeps its label; what is there twice already is nobody's new double.
    with_code = "代码,名称,上级代码,是否敏感\nE01,邻里矛盾苗头,,否\n"
    load("codes", with_code, list_key='"incident_class"', category='"dispute"')
    assert load("incidents").rows_accepted


@pytest.mark.usefixtures("cases")
def test_an_imported_calendar_moves_the_red_cards_of_known_cases(
    load: Importer, rows_of: Reader, site: Database
) -> None:
    before = [at for (at,) in rows_of(RED_CARDS)]
    assert {at.date() for at in before} == {date(2026, 11, 11)}
    load(
        "calendars", "日期,是否上班,节日\n2026-11-06,否,\n2026-11-07,是,调休上班\n2026-11-09,否,\n"
    )
    after = [at for (at,) in rows_of(RED_CARDS)]
    assert {at.date() for at in after} == {date(2026, 11, 12)}
    assert sorted(at.time() for at in after) == sorted(at.time() for at in before)
    with site.read() as connection:
        assert rollups.differences(connection) == 0


@pytest.mark.usefixtures("cases")
def test_the_first_calendar_moves_the_red_cards_of_cases_that_were_there_without_one(
    load: Importer, rows_of: Reader, site: Database
) -> None:
    with site.write() as connection:
        connection.execute(text("delete from work_calendar"))
        # Wednesday before the holidays of October; what is then set is presumed: a week.
        connection.execute(text("update incidents set due_at = '2026-09-23 17:30+08'"))
    assert {at.date() for (at,) in rows_of(RED_CARDS)} == {date(2026, 9, 30)}
    load("regions", (FILES / "regions.csv").read_text("utf-8") + "\n")
    ((days,),) = rows_of("select count(*) from work_calendar")
    assert days > 365
    with site.read() as connection:
        known = WorkCalendar.from_rows(
            [
                (row.day, row.is_workday, "")
                for row in connection.execute(text("select day, is_workday from work_calendar"))
            ],
            ZoneInfo("Asia/Shanghai"),
        )
        due = datetime(2026, 9, 23, 17, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
        expected = workdays_later(known, due, 5)
        assert expected.date() != date(2026, 9, 30), "the case says something"
        assert {at.date() for (at,) in rows_of(RED_CARDS)} == {expected.date()}
        assert rollups.differences(connection) == 0
