"""docs/indicators.md, made from the dictionary: what each figure counts, over what, says who.

`cockpit indicators` writes it; a test fails when the stored page differs. The figures themselves
are defined in `dashboard.indicators`, the wording of predicates in `predicate_wording`.
"""

from collections.abc import Iterable, Sequence

from dashboard.indicators import DAILY_FLOWS, FLOWS, INDICATORS, REPORTED, STOCKS, Indicator
from layouts import wording
from layouts.documents.predicate_wording import flow_words, stock_words

KINDS: dict[str, str] = {
    "count": "计数（期内）",
    "stock": "存量（统计时刻）",
    "rate": "比率",
    "mean": "均值",
    "median": "中位数",
    "per_10k": "每万人",
    "reported": "部门报送",
}
# Words of a part, by the facet's values; people's mediation and its part have words of their own.
PARTS = {
    "registered": wording.CATEGORY_WORDS,
    "closed_at_level": {"village": "村(社区)", "town": "乡镇(街道)", "county": "县级及以上"},
    "d_succeeded": wording.METHOD_WORDS,
    "d_succeeded_sectoral": wording.METHOD_WORDS,
}
# What a kind is divided by where that is no count of cases.
BASES = {
    "per_10k": (
        "常住人口 `population.residents` ÷ 10000，取该地区统计时点 `counted_on` 最近的一条，"
        "不随统计期变化"
    ),
}
BETTER = {"higher": "越高越好", "lower": "越低越好", "neither": "不分好坏"}

INTRODUCTION = """\
# 指标字典

本页由 `dashboard/indicators.py` 生成（`make indicators`），请勿手工修改。

怎样读：每个指标由**流量**（期内按某一时间点计入的行）或**存量**（到统计时刻已进入、尚未离开的行）
算出。屏幕上的数、汇总表里的列、每个数背后的案件清单，都由同一个定义编译而来；每个数等于清单的行数，
由测试逐项核对。大屏上尚无查看清单的页面（督办台账），清单目前只在程序内算出。

- 期：左闭右开；按数据库所在时区的自然日划分。
- 统计时刻（as-of）：只算到这一刻为止发生的事。“同批案件”的比率随统计时刻增长。
- 分母为 0 时比率为空，屏幕上写“—”，不写 0。
- 比率的误差范围为 95 % Wilson 区间，名次范围为 90 % 联合区间；依据见
  [方法](decisions/0004-statistical-methods.md)。
"""

SOURCES = """\
## 来源缩写

| 缩写 | 内容 |
|---|---|
| domain.md §4.4 | 办结时限：平台默认标准按工作日历计；“超期”= 时限已过且未办结 |
| domain.md §5 | 各地平台表结构、通报、考核办法中的口径；同一名称有不同口径的，取分母完整的一种 |
| usage.md §1.4 | 按期办结率以“应办结”为分母，含未办结的，避免压案不办反而得利 |
| usage.md §1.5 | 化解率（÷ 受理）与调解成功率（÷ 调解终结）并列；行业性、专业性调解属人民调解 |
| usage.md §1.6 | 今日一批（上报、办结）与累计存量（在办、超期、临期）分开列示 |
| usage.md §3 | 九个环节与“在办止于办结”；及时签收率见于公开通报 |
| usage.md §5 | 人员类指标只到乡镇(街道)、且不少于 5 人：单个网格的数就是一个人的数 |
| DESIGN §4、§5、§8、§10 | 屏幕各区的内容、图表与用词约定 |
| product.md、S1—S23 | 所依据的业务系统清单中的对应一项 |
"""


def indicator_dictionary() -> str:
    """The whole page as Markdown."""
    return "\n".join(
        [
            INTRODUCTION,
            "## 指标\n",
            *(_indicator_section(indicator) for indicator in INDICATORS),
            "## 部门报送的指标\n",
            "各地各部门按月报送分子、分母；系统只登记定义，不另行计算。\n",
            _table(
                ("名称", "键", "单位", "方向", "定义", "来源"),
                (
                    (i.title, f"`{i.key}`", i.unit, BETTER[i.better], i.definition, i.source)
                    for i in REPORTED
                ),
            ),
            "## 流量\n",
            "“每行计入”为 1 的即行数。带“分”的流量按该列的值分成数列，名为 `流量__值`。\n",
            _table(
                ("流量", "行", "计入时间", "条件（同时成立）", "每行计入", "分"),
                ((f"`{flow.key}`", *flow_words(flow)) for flow in FLOWS + DAILY_FLOWS),
            ),
            "## 存量\n",
            "存量 = 到统计时刻为止的进入数 − 离开数。\n",
            _table(
                ("存量", "行", "进入", "离开", "条件"),
                ((f"`{stock.key}`", *stock_words(stock)) for stock in STOCKS),
            ),
            SOURCES,
        ]
    )


def _indicator_section(indicator: Indicator) -> str:
    facts = [
        f"{KINDS[indicator.kind]}，{indicator.unit}，{BETTER[indicator.better]}",
        *_fraction(indicator),
        f"来源：{indicator.source}",
    ]
    lines = "\n".join(f"- {fact}" for fact in facts)
    return f"### {indicator.title} `{indicator.key}`\n\n{indicator.definition}\n\n{lines}\n"


def _fraction(indicator: Indicator) -> Iterable[str]:
    if indicator.numerator:
        yield f"分子：{_sum(indicator.numerator)}"
    if indicator.denominator:
        yield f"分母：{_sum(indicator.denominator)}"
    elif indicator.kind in BASES:
        yield f"分母：{BASES[indicator.kind]}"
    for name, numerator, denominator in indicator.facets:
        base = f" ÷ {_in_brackets(denominator)}" if denominator else ""
        words = PARTS[numerator[0].partition("__")[0]][name].removeprefix("其中")
        yield f"其中{words}：{_in_brackets(numerator)}{base}"


def _in_brackets(names: Sequence[str]) -> str:
    """A sum that stands in a quotient."""
    return f"（{_sum(names)}）" if len(names) > 1 else _sum(names)


def _sum(names: Sequence[str]) -> str:
    """`a + b − c`; a leading minus subtracts."""
    signed = [
        f" − `{name.removeprefix('-')}`" if name.startswith("-") else f" + `{name}`"
        for name in names
    ]
    return "".join(signed).removeprefix(" + ")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
