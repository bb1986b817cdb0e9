"""The file of `cockpit sync`, and the marks of its watermark columns."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import MappingError, SettingsError, SourceUnavailable
from data_access.syncing import plan
from data_access.syncing.plan import WatermarkSection
from data_access.syncing.running import stored_reason, told_reason
from data_access.syncing.scale import Scale

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "sync" / "platforms.toml"
MAPPINGS = EXAMPLE.parents[1]
SECRET = "postgresql+psycopg://reader:hunter2@10.0.0.1/grid"
ENVIRONMENT = {"GRID_PLATFORM_URL": SECRET}


def written(folder: Path, **changes: str) -> Path:
    keys = {
        "kind": '"incidents"',
        "mapping": f'"{MAPPINGS / "incidents.toml"}"',
        "url_variable": '"GRID_PLATFORM_URL"',
        "rows": '"cases"',
        "watermark": '{ column = "changed" }',
    } | changes
    path = folder / "sync.toml"
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items() if value)
    path.write_text(f"[[source]]\n{lines}\n", encoding="utf-8")
    return path


def test_the_example_of_the_documents_is_read() -> None:
    incidents, steps = plan.load(EXAMPLE, ENVIRONMENT)
    assert (incidents.source_key, incidents.key_column) == ("grid-platform", "事件编号")
    assert incidents.section.keys is not None
    assert steps.section.watermark.type == "number"
    assert incidents.cycle_seconds == 60


def test_an_address_is_shown_nowhere() -> None:
    assert "hunter2" not in repr(plan.load(EXAMPLE, ENVIRONMENT))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": ""}, "source.0.rows：此键必填"),
        ({"urls": '"x"'}, "source.0.urls：没有这个键"),
        ({"url": f'"{SECRET}"'}, "source.0.url：没有这个键"),
        ({"url_variable": f'"{SECRET}"'}, "source.0.url_variable：应是环境变量的名字"),
        ({"url_variable": '"postgresql:hunter2"'}, "source.0.url_variable：应是环境变量的名字"),
        ({"interval_seconds": "0"}, "source.0.interval_seconds：应不小于 1"),
        ({"interval_seconds": "9999999999"}, "source.0.interval_seconds：应不大于 2147483647"),
        ({"watermark": '{ column = "changed", overlap = 0 }'}, "overlap"),
        ({"kind": '"patrols"', "deleted": '{ column = "gone" }'}, "只用于 incidents"),
    ],
)
def test_what_is_wrong_is_named_by_its_key_without_its_value(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        plan.load(written(tmp_path, **changes), ENVIRONMENT)
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ('[[source]]\nurl_variable = "A"\nurls = 1\n[[source]]\nurl_variable = "B"', {"A", "B"}),
        ("[[source]]\nurl_variable = 1\n[[source]]", set()),
        ('source = ["A", 1]', set()),
        ("source = 1", set()),
        ("[source]", set()),
        ("[[source", set()),
        (None, set()),
    ],
)
def test_variables_are_known_of_a_file_with_mistakes(
    tmp_path: Path, said: str | None, named: set[str]
) -> None:
    path = tmp_path / "sync.toml"
    if said is not None:
        path.write_text(said, encoding="utf-8")
    assert plan.address_variables(path) == named


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[[source]]\nkind = \n", "第 2 行第 8 个字符处有误（多为引号、等号、括号不全"),
        (b"[[source]]\nkind = '\xff'", "第 2 行不是 UTF-8 编码"),
    ],
)
def test_a_file_that_is_no_toml_is_told_where_in_chinese(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "sync.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        plan.load(path, {})
    assert said in str(refused.value)
    assert not re.search("[a-z]{4,} [a-z]", str(refused.value).replace(str(path), ""))


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="缺少环境变量 GRID_PLATFORM_URL"):
        plan.load(written(tmp_path), {})


def test_a_mapping_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="kind 是 incidents"):
        plan.load(written(tmp_path, kind='"disputes"'), ENVIRONMENT)


def test_one_kind_of_a_source_is_polled_once(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(SettingsError, match="grid-platform 的事件写了两次"):
        plan.load(path, ENVIRONMENT)


def scale(**section: Any) -> Scale:
    return Scale(WatermarkSection(column="changed", **section))


@pytest.mark.parametrize(
    ("section", "value", "mark"),
    [
        ({}, datetime(2026, 11, 1, 8, 0), datetime(2026, 11, 1, 8, 0)),
        ({}, date(2026, 11, 1), datetime(2026, 11, 1)),
        ({}, None, None),
        ({"format": "%Y/%m/%d"}, "2026/11/01", datetime(2026, 11, 1)),
        ({"type": "number"}, 7, 7),
        ({"type": "number"}, Decimal(7), 7),
    ],
)
def test_marks_are_read_and_kept(section: dict[str, str], value: Any, mark: Any) -> None:
    found = scale(**section).read(value)
    assert found == mark
    if found is not None:
        assert scale(**section).found(scale(**section).kept(found)) == found


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ({}, "2026-11-01"),
        ({}, 7),
        ({"format": "%Y"}, "13800138000"),
        ({"type": "number"}, "13800138000"),
        ({"type": "number"}, 1.5),
        ({"type": "number"}, True),
    ],
)
def test_a_column_of_another_type_is_refused_without_its_value(
    section: dict[str, str], value: Any
) -> None:
    with pytest.raises(SourceUnavailable, match="水位列 changed") as refused:
        scale(**section).read(value)
    assert str(value) not in str(refused.value)


def test_a_time_is_never_ahead_of_the_clock_in_its_own_zone() -> None:
    now = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    noon = datetime(2026, 11, 1, 12, 0)
    assert scale().not_after(datetime(2099, 1, 1), now, "Asia/Shanghai") == noon
    assert scale().not_after(datetime(2026, 11, 1, 11, 59), now, "Asia/Shanghai") < noon
    assert scale().not_after(datetime(2099, 1, 1, tzinfo=UTC), now, "Asia/Shanghai") == now
    assert scale(type="number").not_after(10**12, now, "Asia/Shanghai") == 10**12


def test_what_is_stored_of_a_fault_holds_no_value() -> None:
    fault = ValueError("13800138000")
    assert "13800138000" not in stored_reason(fault) + told_reason(fault)
