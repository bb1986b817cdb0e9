"""What a case has to carry for the figures made from it: a closed list of named checks.

A check names the rows it looks at (its base) and what they lack. The conditions in SQL stand in
`data_access.quality_sql`, one for counting and listing alike, which is why a number equals its
rows. Checks of an import's lines are others: see `data_access.imports.checks`.
"""

from dataclasses import dataclass

INCIDENTS, DISPUTES = "incidents", "disputes"
BOTH = (INCIDENTS, DISPUTES)
SUBJECT_WORDS = {INCIDENTS: "事件", DISPUTES: "矛盾纠纷"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseCheck:
    """One thing a case may lack: `field` is its name on a screen, `title` that of a list.

    `consequence` says what a case that lacks it is left out of.
    """

    key: str
    field: str
    title: str
    consequence: str
    subjects: tuple[str, ...] = BOTH


CASE_CHECKS: tuple[CaseCheck, ...] = (
    CaseCheck(
        key="no_limit",
        field="办结时限",
        title="无办结时限",
        consequence="不计入按期办结率、临期和超期",
    ),
    CaseCheck(
        key="no_point",
        field="坐标",
        title="无可用坐标",
        consequence="不计入热力图",
        subjects=(INCIDENTS,),
    ),
    CaseCheck(
        key="no_grid",
        field="网格",
        title="无网格",
        consequence="不计入网格层，新发时不上图",
        subjects=(INCIDENTS,),
    ),
    CaseCheck(
        key="no_class",
        field="类别",
        title="无类别，或类别不在代码表",
        consequence="清单显示“未分类”，敏感类别无从识别",
    ),
    CaseCheck(
        key="no_town",
        field="乡镇(街道)",
        title="无乡镇(街道)",
        consequence="不计入乡镇(街道)的数",
    ),
    CaseCheck(
        key="no_holder",
        field="承办单位",
        title="无承办单位",
        consequence="不计入承办单位的数",
    ),
    CaseCheck(
        key="no_level",
        field="化解层级",
        title="已办结而无化解层级",
        consequence="不计入分级化解",
    ),
    CaseCheck(
        key="no_method",
        field="调解方式",
        title="调解已终结而无方式",
        consequence="不计入调解成功率",
        subjects=(DISPUTES,),
    ),
    CaseCheck(
        key="doubtful_times",
        field="时间",
        title="时间存疑",
        consequence="不计入时长和按期办结率",
    ),
    CaseCheck(
        key="unknown_region",
        field="区划",
        title="区划不在区划表，或登记时已撤销",
        consequence="只按县(市、区)计，不计入其下各级",
    ),
)
# Lists that are of no single check: every row, and the rows that at least one check names.
ALL_ROWS = CaseCheck(key="all", field="登记", title="登记的案件", consequence="")
ANY_GAP = CaseCheck(key="any_gap", field="缺项", title="有缺项的案件", consequence="缺什么见“原因”")
CHECK_BY_KEY = {check.key: check for check in (*CASE_CHECKS, ALL_ROWS, ANY_GAP)}


def checks_of(subject: str) -> tuple[CaseCheck, ...]:
    """The checks of a subject, in order."""
    return tuple(check for check in CASE_CHECKS if subject in check.subjects)


def reason_in_words(code: str) -> str:
    """Why a row is on a list, of the code that the SQL gives: one of REASONS, or keys of checks."""
    if code in REASONS:
        return REASONS[code]
    fields = [CHECK_BY_KEY[key].field for key in code.split(",") if key]
    return f"缺{'、'.join(fields)}" if fields else "完整"


# Why one check names a row.
REASONS = {
    "empty": "为空",
    "not_listed": "类别代码不在代码表",
    "default": "默认坐标，多案共用",
    "outside": "坐标在本区划之外",
    "none": "无坐标",
    "closed_early": "办结时间早于登记时间",
    "doubtful": "时间次序存疑",
    "unknown": "区划不在区划表",
    "abolished": "登记时区划已撤销",
    "stray": "县(市、区)不在现行区划",
}
