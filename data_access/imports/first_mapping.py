"""`cockpit import --init`: a first mapping of a file, with guesses and the codes it met.

The draft is valid TOML of its kind as far as the file allows; what has to be looked at carries the
word 请核对. Values of columns that look personal are never written, nor those that are no codes.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dashboard.errors import ImportRefused
from dashboard.system_errors import words_of
from data_access.imports import guessing, personal_data
from data_access.imports.case_mapping import (
    DISPUTE_CHOICES,
    FLAG,
    INCIDENT_CHOICES,
    MEDIATION,
    TIMES,
)
from data_access.imports.guessing import Suit
from data_access.imports.mapping import FileSection
from data_access.imports.mapping_file import require_kind
from data_access.imports.met_values import (
    CHECK,
    codes_met,
    left_out,
    meanings,
    names_of_regions,
    quoted,
    translations,
)
from data_access.imports.personal_columns import is_personal, may_count_people
from data_access.imports.sources.opening import form_of, open_source
from data_access.imports.sources.rows import refuse_data_as_header
from data_access.imports.tables.fields import Field, TableKind
from data_access.imports.tables.kinds import ORGANISATION_KINDS, TABLE_KINDS
from data_access.imports.tables.literals import NUMBER
from data_access.imports.tables.reading import NO, YES
from data_access.imports.usual_words import (
    CASE_WORDS,
    FLAGS,
    SUBJECTS,
    meaning_of,
)
from data_access.schema.cases import STEPS

ROWS_LOOKED_AT = 20_000
# What only the other kind of cases has.
OF_OTHERS = {
    "incidents": {*MEDIATION, "centre", *DISPUTE_CHOICES.keys() - INCIDENT_CHOICES.keys()},
    "disputes": {"lon", "lat", "point", *INCIDENT_CHOICES.keys() - DISPUTE_CHOICES.keys()},
}

# A column of which so many values look like personal numbers is one of them; of case numbers with
# a day inside, one in eleven does by chance.
PERSONAL_SHARE = 0.5


def write(
    kind: str, where: str | Path, target: Path | None = None, *, from_url: str | None = None
) -> Path:
    """Write a draft for the source; returns the file (beside nothing: in the working folder).

    Raises:
        ImportRefused: no such kind, an unreadable source, one whose header is data, what is no
            table, or the file to write is there already.
    """
    require_kind(kind)
    path = target or Path(f"{kind if from_url else _stem_of(Path(where)) or kind}.toml")
    if path.exists():
        raise ImportRefused(f"文件 {path} 已存在，未作改动。请用 --mapping 指明另一个文件名。")
    content = "\n".join(draft(kind, where, from_url=from_url)) + "\n"
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ImportRefused(f"无法写入 {path}：{words_of(error)}。请检查路径和权限。") from error
    return path


def _stem_of(file: Path) -> str | None:
    """The file's name without its endings; none that holds a personal number."""
    stem = file.name.split(".")[0]
    return None if personal_data.found_in(stem) else stem


def draft(kind: str, where: str | Path, *, from_url: str | None = None) -> Iterator[str]:
    """Lines of the draft."""
    section = FileSection() if from_url else _file_section(Path(where))
    source = open_source(where, section, from_url=from_url)
    refuse_data_as_header(source.name, source.header())
    texts = guessing.samples(source, ROWS_LOOKED_AT)
    hidden = [name for name, column in texts.items() if _looks_personal(kind, name, column)]
    shown = {name: column for name, column in texts.items() if name not in hidden}
    yield "# 由 cockpit import --init 写出的初稿；各键的含义见 docs/data-formats.md。"
    yield "# 标有“请核对”之处是猜测。列的顺序与文件相同，只读取写在这里的列。"
    if hidden:
        yield f"# 未映射的列（像个人信息或自由文本，不得导入）：{_listed(hidden)}"
    yield f"kind = {quoted(kind)}"
    yield from _source_section(kind)
    if from_url is None:
        yield from _written_file_section(section, form_of(Path(where)))
    body = _cases(kind, shown) if kind in ("incidents", "disputes") else _table(kind, shown)
    yield from body


def _looks_personal(kind: str, name: str, column: list[str]) -> bool:
    if personal_data.no_names(column):
        return True
    is_count = kind in TABLE_KINDS and may_count_people(name) and guessing.are_numbers(column)
    if is_personal(name) and not is_count:
        return True
    if _are_codes_of_regions(kind, name, column) or not personal_data.might_hold_any(column):
        return False
    given = [text for text in column if text]
    found = sum(personal_data.found_in(text) is not None for text in given)
    return found >= PERSONAL_SHARE * len(given)


def _are_codes_of_regions(kind: str, name: str, column: list[str]) -> bool:
    """Whether the heading is one of regions and all values have as many digits as their codes: a
    grid's code of 15 digits is often shaped like an identity number.
    """
    words = (*CASE_WORDS["region"], *(("代码", "编码") if kind == "regions" else ()))
    is_heading = any(word in name.lower() for word in words)
    return is_heading and guessing.are_region_codes(column)


def _file_section(path: Path) -> FileSection:
    match form_of(path):
        case "excel":
            return FileSection(header_row=guessing.header_row_of(path))
        case "delimited" if path.is_file():
            encoding = guessing.encoding_of(path)
            delimiter = guessing.delimiter_of(path, encoding)
            return FileSection(encoding=encoding, delimiter=delimiter)
    return FileSection()


def _source_section(kind: str) -> Iterator[str]:
    yield from ("", "[source]")
    yield f'key = "{kind}-source"      {CHECK}：{_rule_of_key(kind)}'
    yield f'name = "{_title(kind)}来源"    {CHECK}'


def _rule_of_key(kind: str) -> str:
    if kind == "steps":
        return "须与案件的来源（案件映射文件的 source.key）相同，或另写字段 case_source"
    return "来源的固定代号，以后不要改"


def _title(kind: str) -> str:
    return {"incidents": "事件", "disputes": "矛盾纠纷"}.get(kind) or TABLE_KINDS[kind].title


def _written_file_section(section: FileSection, form: str) -> Iterator[str]:
    if form == "delimited":
        yield from ("", "[file]", f"encoding = {quoted(section.encoding)}")
        yield f"delimiter = {quoted(section.delimiter)}"
    elif form == "excel":
        yield from ("", "[file]", f"header_row = {section.header_row}")


def _cases(kind: str, texts: dict[str, list[str]]) -> Iterator[str]:
    words = {name: each for name, each in CASE_WORDS.items() if name not in OF_OTHERS[kind]}
    found = guessing.columns_by_words(
        list(texts), words, lambda name, header: _suits_case(name, texts[header])
    )
    yield from ("", "[database]", f'zone = "Asia/Shanghai"   {CHECK}')
    if kind == "incidents":
        yield from _map_centre(texts, found)
    times = [name for name in TIMES if name in found]
    yield from ("", "[columns]")
    for name in dict.fromkeys(("case_no", "registered_at", *times)):
        yield _column(name, found.get(name))
    yield from _times(text for name in times for text in texts[found[name]])
    yield from ("", "[region]", _column("column", found.get("region")))
    yield from names_of_regions(texts.get(found.get("region", ""), []))
    yield from _classes(kind, texts, found.get("class"))
    yield from _channel(texts, found.get("channel"))
    yield from _held("holder", "department", texts, found.get("holder"))
    yield from _held("centre", "centre", texts, found.get("centre"))
    yield from _status(texts, found.get("status"))
    choices = INCIDENT_CHOICES if kind == "incidents" else DISPUTE_CHOICES
    for name, allowed in choices.items():
        if name in found:
            yield from _choice(name, found[name], texts[found[name]], allowed)
    if kind == "incidents":
        yield from _location(texts, found)
    yield from _unused(texts, found.values())


def _suits_case(name: str, column: list[str]) -> Suit:
    if name in TIMES:
        return guessing.suit_of(column, guessing.is_moment, other=Suit.NOT)
    if name in ("lon", "lat"):
        return guessing.suit_of(column, NUMBER.fullmatch, other=Suit.NOT)
    if name == "region":
        return guessing.suit_of(column, guessing.is_code, other=Suit.HARDLY)
    return Suit.WELL


def _suits(field: Field, column: list[str]) -> Suit:
    match field.type:
        case "integer" | "number":
            return guessing.suit_of(column, NUMBER.fullmatch, other=Suit.NOT)
        case "date" | "instant":
            return guessing.suit_of(column, guessing.is_moment, other=Suit.NOT)
        case "flag":
            return guessing.suit_of(column, _is_flag, other=Suit.NOT)
        case "region" | "organisation":
            return guessing.suit_of(column, guessing.is_code, other=Suit.HARDLY)
        case "choice" if any(meaning_of(text, field.choices) for text in column):
            return Suit.BEST
    return Suit.WELL


def _is_flag(text: str) -> bool:
    return text.lower() in YES | NO or text in FLAGS


def _column(name: str, header: str | None) -> str:
    if header is None:
        return f'{name} = ""   {CHECK}：没有认出这一列'
    return f"{name} = {quoted(header)}   {CHECK}"


def _times(texts: Iterable[str]) -> Iterator[str]:
    pattern = guessing.time_format_of(texts) or "%Y-%m-%d %H:%M:%S"
    yield from ("", "[times]")
    said = "，日期单元格按原样读取，此格式只用于写作文本的时间" if "T" in pattern else ""
    yield f"format = {quoted(pattern)}   {CHECK}{said}"


def _classes(kind: str, texts: dict[str, list[str]], column: str | None) -> Iterator[str]:
    list_key = "incident_class" if kind == "incidents" else "dispute_class"
    category = "other" if kind == "incidents" else "dispute"
    met = texts.get(column or "", [])
    values = codes_met(met)
    yield from ("", "[classes]", f"list_key = {quoted(list_key)}", f'name = "{_title(kind)}类别"')
    yield f"columns = [{quoted(column or '')}]   {CHECK}"
    yield 'default = "other"'
    yield from ("", "[classes.codes]")
    yield f"# 代码表 {list_key} 已在库中时，请把以下代码换成库中的代码（敏感类别以库中的为准）"
    yield f'other = {{ label = "其他", category = "{category}" }}'
    codes = {value: f"c{place:02d}" for place, value in enumerate(values, start=1)}
    for value, code in codes.items():
        yield f'{code} = {{ label = {quoted(value)}, category = "{category}" }}   {CHECK}'
    if column:
        yield from ("", f"[classes.values.{quoted(column)}]")
        for value, code in codes.items():
            yield f'{quoted(value)} = "{code}"   # {values[value]} 行'
        yield from left_out(met)


def _channel(texts: dict[str, list[str]], column: str | None) -> Iterator[str]:
    if column is None:
        return
    yield from ("", "[channel]", _column("column", column), 'default = "其他"')
    yield from ("", "[channel.values]")
    yield from translations(texts[column])


def _held(
    section: str, kind: str, texts: dict[str, list[str]], column: str | None
) -> Iterator[str]:
    if column is None:
        return
    yield from ("", f"[{section}]", _column("column", column))
    yield f"kind = {quoted(kind)}   {CHECK}：{' | '.join(ORGANISATION_KINDS)}"
    yield f"{CHECK}：只留单位，不得有人名；左边是机构代码，机构表中没有的，以右边的名称新建"
    yield f"[{section}.values]"
    yield from translations(texts[column])


def _choice(
    name: str, column: str, texts: list[str], allowed: tuple[str | bool, ...]
) -> Iterator[str]:
    yield from ("", f"[choices.{name}]", _column("column", column))
    shown = " | ".join("true" if value is True else str(value).lower() for value in allowed)
    yield f"[choices.{name}.values]   # 对照为 {shown}，或空文本（未知）"
    yield from meanings(texts, allowed)


def _status(texts: dict[str, list[str]], column: str | None) -> Iterator[str]:
    if column is None:
        return
    yield from ("", "[status]", _column("column", column))
    yield f"[status.values]   # 对照为 {' | '.join(STEPS)}，或空文本"
    for value, rows in codes_met(texts[column]).items():
        step = meaning_of(value, STEPS)
        doubt = "" if step else "：没有认出，不作判断"
        yield f'{quoted(value)} = "{step or ""}"   {CHECK}{doubt}，{rows} 行'
    yield from left_out(texts[column])


def _map_centre(texts: dict[str, list[str]], found: dict[str, str]) -> Iterator[str]:
    """The middle of the points, to a tenth of a degree: nobody's place."""
    points = _points(texts, found)
    if points is None:
        return
    lon, lat = map(guessing.middle_of, reversed(points) if guessing.is_swapped(*points) else points)
    said = "地图中心（经度, 纬度），热力格网由此起算；库中已有的不会改"
    if lon is None or lat is None or not (abs(lon) <= 180 and abs(lat) <= 90):
        yield f"# map_centre = [120.15, 30.28]   {CHECK}：{said}"
    else:
        yield f"map_centre = [{lon:.1f}, {lat:.1f}]   {CHECK}：{said}"


def _location(texts: dict[str, list[str]], found: dict[str, str]) -> Iterator[str]:
    points = _points(texts, found)
    if points is None:
        return
    is_swapped = guessing.is_swapped(*points)
    yield from ("", "[location]")
    if "lon" in found and "lat" in found:
        if is_swapped:
            yield f"{CHECK}：两列的列名与数值相反，这里按数值"
        lon, lat = ("lat", "lon") if is_swapped else ("lon", "lat")
        yield from (f"lon = {quoted(found[lon])}", f"lat = {quoted(found[lat])}")
    else:
        yield f"point = {quoted(found['point'])}"
        yield f'order = "{"lat,lon" if is_swapped else "lon,lat"}"   {CHECK}'
    yield f'datum = "WGS-84"   {CHECK}：WGS-84、CGCS2000、GCJ-02（高德、腾讯）或 BD-09（百度）'


def _points(
    texts: dict[str, list[str]], found: dict[str, str]
) -> tuple[list[str], list[str]] | None:
    """What is called longitude and latitude, or stands first and second in one column."""
    if "lon" in found and "lat" in found:
        return texts[found["lon"]], texts[found["lat"]]
    if "point" in found:
        pairs = [text.replace("，", ",").partition(",") for text in texts[found["point"]]]
        return [pair[0] for pair in pairs], [pair[2] for pair in pairs]
    return None


def _unused(texts: dict[str, list[str]], used: Iterable[str]) -> Iterator[str]:
    left = [name for name in texts if name not in set(used)]
    if left:
        yield from ("", f"# 文件中其余的列：{_listed(left)}")


def _table(kind: str, texts: dict[str, list[str]]) -> Iterator[str]:
    declared: TableKind = TABLE_KINDS[kind]
    words = {field.name: (field.title, field.name, *field.words) for field in declared.fields}
    found = guessing.columns_by_words(
        list(texts), words, lambda name, header: _suits(declared.field(name), texts[header])
    )
    yield from ("", "[columns]")
    for field in declared.fields:
        if field.name in found:
            yield _column(field.name, found[field.name])
    missing = [field for field in declared.fields if field.required and field.name not in found]
    if missing:
        yield from ("", "[constants]   # 文件没有、而各行相同的字段")
        for field in missing:
            yield _constant(field, found)
    instants = [field.name for field in declared.fields if field.type == "instant"]
    if any(name in found for name in instants):
        yield from _times(text for name in instants if name in found for text in texts[found[name]])
    if kind == "outlines":
        yield from ("", "[geometry]", f'name = "区划界线"   {CHECK}')
        yield f'datum = "WGS-84"   {CHECK}：WGS-84、CGCS2000、GCJ-02 或 BD-09'
        yield '# approval_number = "…"   # 审图号'
        yield '# approved_sha256 = "…"   # 送审文件的 SHA-256'
    regions = [field.name for field in declared.fields if field.type == "region"]
    yield from names_of_regions(
        [text for name in regions for text in texts.get(found.get(name, ""), [])]
    )
    for field in declared.fields:
        if field.name in found:
            yield from _values(field, texts[found[field.name]])
    yield from _unused(texts, found.values())


def _constant(field: Field, found: dict[str, str]) -> str:
    """A field that no column holds; what steps are of, the heading of the case's number says."""
    heading = found.get("case_no", "") if field.name == "subject" else ""
    known = next((meaning for word, meaning in SUBJECTS.items() if word in heading), "")
    allowed = f"（{' | '.join(field.choices)}）" if field.choices else ""
    return f"{field.name} = {quoted(known)}   {CHECK}：{field.title}{allowed}"


def _values(field: Field, column: list[str]) -> Iterator[str]:
    if field.type == "choice":
        yield from ("", f"[values.{field.name}]   # 对照为 {' | '.join(field.choices)}")
        yield from meanings(column, field.choices)
    elif field.type == "flag" and any(text and text.lower() not in YES | NO for text in column):
        yield from ("", f"[values.{field.name}]   # 对照为 true | false")
        yield from meanings(column, FLAG)


def _listed(names: Iterable[str]) -> str:
    """Headers in a comment, each in one line whatever breaks it has."""
    plain = ("".join(sign if sign.isprintable() else " " for sign in name) for name in names)
    return "、".join(" ".join(name.split()) for name in plain)
