"""What the pages of /quality say: states in shape and word, numbers that open their rows."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard import import_kinds
from dashboard.quality import (
    CaseRow,
    FindingRow,
    ImportedFile,
    OtherRow,
    QualityList,
    QualityReport,
    UnitRow,
)
from dashboard.quality_addresses import QualityAddress
from data_access.imports.mapping_file import KINDS
from layouts import quality, quality_lists
from layouts import quality_wording as words
from layouts.quality_parts import QualityIds
from tests.layouts import quality_samples as samples

HERE = QualityAddress()
SAMPLES = {
    "in_order": samples.report(),
    "everything_wrong": samples.everything_wrong(),
    "nothing_known": samples.nothing_known(),
    "a_part": samples.report(is_whole=False, region_name="诸暨市"),
}


def nodes(component: Any) -> Iterator[Any]:
    """The component and everything below it; texts too."""
    yield component
    children = getattr(component, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if child is not None:
            yield from nodes(child)


def text_of(component: Any) -> str:
    return " ".join(node for node in nodes(component) if isinstance(node, str))


def part(page: Any, part_id: QualityIds) -> Any:
    return next(node for node in nodes(page) if getattr(node, "id", None) == part_id)


def links(component: Any) -> dict[str, str]:
    return {text_of(node): node.href for node in nodes(component) if getattr(node, "href", None)}


def marks(component: Any) -> set[str]:
    found = (str(getattr(node, "className", "") or "") for node in nodes(component))
    return {name for names in found for name in names.split() if name.startswith("mark-")}


def page(report: QualityReport) -> Any:
    return quality.build(report, HERE)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_has_every_section(name: str) -> None:
    built = page(SAMPLES[name])
    assert {getattr(node, "id", None) for node in nodes(built)} >= set(QualityIds)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_word_is_english_but_commands_and_datums(name: str) -> None:
    said = text_of(page(SAMPLES[name]))
    known = r"cockpit (template|db verify)|CGCS2000|WGS-84|GS\(|\.csv|CSV"
    assert not re.findall(r"[A-Za-z]{2,}", re.sub(known, "", said))


def test_in_order_no_shape_calls_for_anybody() -> None:
    assert not marks(page(samples.report())) & {"mark-bad", "mark-late", "mark-unknown"}


def test_an_empty_database_never_looks_good() -> None:
    built = page(samples.nothing_known())
    for section in (QualityIds.SOURCES, QualityIds.COMPLETENESS, QualityIds.OUTLINES):
        assert marks(part(built, section)) == {"mark-unknown"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_import_has_a_word(kind: str) -> None:
    assert import_kinds.in_words(kind) != kind


def test_a_card_of_an_empty_database_has_no_number_that_looks_good() -> None:
    cards = next(
        node
        for node in nodes(page(samples.nothing_known()))
        if getattr(node, "className", "") == "quality-cards"
    )
    unknown = [text_of(card) for card in cards.children if "is-unknown" in card.className]
    assert len(unknown) == 4
    assert all("—" in text for text in unknown)


def test_each_state_of_a_source_has_its_own_shape_and_word() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.SOURCES)
    assert marks(section) == {"mark-bad", "mark-late", "mark-unknown", "mark-plain"}
    said = text_of(section)
    for word in ("中断", "延迟", "未接入", "文件报送", "4小时56分"):
        assert word in said


def test_each_kind_of_a_source_has_its_own_line() -> None:
    section = part(page(samples.report(sources=(samples.two_kinds(),))), QualityIds.SOURCES)
    lines = [text_of(node) for node in nodes(section) if type(node).__name__ == "Tr"][1:]
    assert len(lines) == 3
    assert "2类" in lines[0]
    assert "中断" in lines[0]
    assert "事件" in lines[1]
    assert "正常" in lines[1]
    assert "环节" in lines[2]
    assert "连续失败5次：来源没有应答。" in lines[2]


def test_nothing_registered_is_said_apart_from_never_delivered() -> None:
    quiet = samples.completeness(rows=0)
    never = samples.completeness(rows=0, ever_delivered=False)
    assert (words.emptiness(quiet), words.emptiness(never)) == ("没有新登记", "从未送达")


def test_a_gap_opens_its_cases_as_of_the_report() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.COMPLETENESS)
    href = links(section)["缺37"]
    path, _, query = href.partition("?")
    address = QualityAddress.parse(path, query)
    assert (address.source, address.subject, address.check) == ("grid", "incidents", "no_point")
    assert address.as_of == samples.AS_OF


def test_all_rows_and_all_rows_with_gaps_open_too() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.COMPLETENESS)
    found = links(section)
    assert "check=all" in found["1,200"]
    assert "check=any_gap" in found["37"]


def test_a_share_with_gaps_is_never_rounded_up_to_all() -> None:
    count = samples.completeness(1, rows=1_000_000).checks[1]
    assert words.share(count) == "99.9%"
    assert words.share(samples.completeness(0).checks[1]) == "100.0%"
    assert words.share(samples.completeness(0, rows=0).checks[1]) == "—"


def test_indicators_are_listed_by_reason_and_quiet_ones_last() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.INDICATORS)
    said = text_of(section)
    assert "视频完好率、视频在线率" in said
    assert said.index("缺字段") < said.index("无事件")
    assert marks(section) == {"mark-bad", "mark-plain"}


def test_refused_and_doubtful_lines_open_their_own_lists() -> None:
    found = links(part(page(samples.everything_wrong()), QualityIds.IMPORTS))
    assert "batch=12" in found["1,900"]
    assert "result=doubtful" in found["1,900"]
    reason = QualityAddress.parse("/quality", found["100"].partition("?")[2])
    assert (reason.imports, reason.source, reason.delivered) == ("files", "old", "incidents")
    assert (reason.check, reason.column, reason.result) == ("personal_data", "联系", "rejected")
    assert reason.as_of == samples.AS_OF


def test_of_several_reasons_the_commonest_is_told_with_its_number() -> None:
    [group] = samples.everything_wrong().findings
    assert words.reason(group) == "含有手机号，不得入库"
    assert words.reason(replace(group, reason_rows=99)) == (
        "含有手机号，不得入库（99行；另1行原因不同）"
    )


def test_polls_are_summed_apart_from_files_and_open_their_lists() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.IMPORTS)
    found = links(section)
    assert {"imports=polls", "source=grid", "delivered=steps"} <= set(
        found["2"].partition("?")[2].split("&")
    )
    assert "result=rejected" in found["12"]
    assert "读到300行，拒绝和存疑12行" in str(section)


def test_what_is_not_listed_is_said_with_a_link_to_all() -> None:
    [group] = samples.everything_wrong().findings
    many = tuple(replace(group, column=f"列{n}") for n in range(43))
    section = part(page(replace(samples.everything_wrong(), findings=many)), QualityIds.IMPORTS)
    assert "更早的15批未列出" in text_of(section)
    assert "imports=files" in links(section)["17批"]
    assert "另有3种原因（300处）未列出" in text_of(section)
    assert "result=all" in links(section)["全部拒绝与存疑的行"]


def test_who_sees_a_part_is_told_that_files_are_not_for_them() -> None:
    section = part(page(SAMPLES["a_part"]), QualityIds.IMPORTS)
    assert "无权限" in text_of(section)
    assert marks(section) == {"mark-unknown"}


def test_other_data_tell_nothing_lately_from_nothing_ever() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.OTHERS)
    assert marks(section) == {"mark-plain", "mark-late", "mark-unknown"}
    said = text_of(section)
    for word in ("近来没有", "不全", "88/90", "将用完", "未接入", "到2026-11-20"):
        assert word in said


def test_missing_units_are_named_and_open_what_they_lack() -> None:
    section = part(page(samples.everything_wrong()), QualityIds.FORMS)
    assert "海宁市、临安区、玉环市(部分)" in text_of(section)
    assert "11月8日 14:32" in text_of(section)
    assert any("month=2026-10" in href for href in links(section).values())
    assert any("month=2026-11" in href for href in links(section).values())


def test_a_number_of_other_lines_is_told_from_none() -> None:
    said = text_of(part(page(samples.everything_wrong()), QualityIds.OUTLINES))
    assert "无审图号" in said
    assert "审图号与界线不符" in said


def test_the_page_says_when_it_was_read_and_that_data_are_invented() -> None:
    said = text_of(page(samples.report()))
    assert "11月20日 14:32:05" in said
    assert "演示数据" in said
    assert "演示数据" not in text_of(page(samples.nothing_known()))


def test_cells_bear_their_heads_for_a_phone() -> None:
    section = part(page(samples.report()), QualityIds.SOURCES)
    labels = {
        getattr(node, "data-label", None) for node in nodes(section) if type(node).__name__ == "Td"
    }
    assert {"来源", "状态", "距今"} <= labels


def found_list(rows: tuple[Any, ...], total: int, page: int = 1) -> QualityList:
    return QualityList(
        title="无可用坐标",
        about="网格系统",
        consequence="不计入热力图",
        as_of=samples.AS_OF,
        zone="Asia/Shanghai",
        product_name="综治中心数字驾驶舱",
        is_demo=False,
        region_name="浙江省",
        total=total,
        page=page,
        page_size=50,
        rows=rows,
    )


CASES = HERE.to(check="no_point", subject="incidents", source="grid", as_of=samples.AS_OF)
CASE = CaseRow(
    case_no="G1",
    county_name="上城区",
    town_name=None,
    class_label="供水",
    registered_at=samples.AS_OF - timedelta(hours=1),
    is_closed=False,
    reason="无坐标",
)


def test_a_list_repeats_the_number_and_leads_to_its_file_and_back() -> None:
    built = quality_lists.build(found_list((CASE,) * 50, 284), CASES)
    assert "无可用坐标 284 件" in text_of(built)
    found = links(built)
    assert found["导出 CSV"].startswith("/quality.csv?")
    assert found["返回数据质量"] == "/quality"
    assert "page=6" in found["6"]
    assert "本页1—50" in text_of(built)


def test_an_empty_list_says_that_the_query_worked() -> None:
    assert "查询成功，没有这样的行" in text_of(quality_lists.build(found_list((), 0), CASES))
    beyond = quality_lists.build(found_list((), 60, page=9), CASES.turned_to(9))
    assert "没有这一页" in text_of(beyond)


def test_a_sensitive_case_shows_no_number() -> None:
    hidden = CaseRow(
        case_no=None,
        county_name="上城区",
        town_name=None,
        class_label=None,
        registered_at=samples.AS_OF,
        is_closed=True,
        reason="为空",
    )
    cells = words.list_cells(hidden, ZoneInfo("Asia/Shanghai"))
    assert cells[0] == "敏感类别，仅承办单位可见"
    assert cells[2:4] == ("—", "—")


def test_cells_of_every_kind_of_row_fit_their_heads() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    rows = {
        "cases": CASE,
        "findings": FindingRow(
            batch_id=7,
            started_at=samples.AS_OF,
            line=3,
            column="",
            is_rejection=True,
            reason="列数不符",
        ),
        "batches": ImportedFile(
            id=7,
            source_name="网格系统",
            kind="steps",
            file_name="cases",
            state="published",
            started_at=samples.AS_OF,
            published_at=None,
            rows_accepted=2,
            rows_read=3,
            rows_rejected=1,
            rows_doubtful=0,
            has_findings=True,
        ),
        "others": OtherRow(name="上城区", at=samples.AS_OF.date(), about=""),
        "outlines": OtherRow(name="上城区", at=None, about="示意"),
        "form": UnitRow(city_name="杭州", unit_name="上城区", lacks=("甲", "乙"), is_missing=True),
    }
    for kind, row in rows.items():
        assert len(words.list_cells(row, zone)) == len(words.list_heads(kind))
    assert words.list_cells(CASE, zone)[4] == "2026-11-20 13:32"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (3.9, "3秒"),
        (243, "4分03秒"),
        (3_900, "1小时05分"),
        (172_799, "47小时59分"),
        (172_800, "2天"),
    ],
)
def test_an_age_is_in_words(seconds: float | None, text: str) -> None:
    assert words.age(seconds) == text
