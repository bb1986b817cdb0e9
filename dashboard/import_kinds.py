"""Kinds of rows that an import or a source delivers, in words. What their fields are stands in
`data_access.imports`.
"""

KIND_WORDS = {
    "incidents": "事件",
    "disputes": "矛盾纠纷",
    "receptions": "接待",
    "reported": "部门月报",
    "regions": "区划",
    "zone_towns": "功能区所辖乡镇",
    "outlines": "界线",
    "organisations": "单位",
    "steps": "环节",
    "staffing": "网格员到岗",
    "patrols": "巡查",
    "population": "人口",
    "targets": "目标值",
    "calendars": "工作日历",
    "codes": "代码表",
}


def in_words(kind: str) -> str:
    """事件, 环节 …; a kind that has no word as it stands."""
    return KIND_WORDS.get(kind, kind)
