"""Words that sites usually head their columns and fill them with, for a first mapping's guesses.

Those of tables stand with their fields (`tables.kinds`).
"""

from collections.abc import Collection

from dashboard.indicators import INDICATORS, REPORTED


def _moments(*steps: str) -> tuple[str, ...]:
    return tuple(f"{step}{unit}" for step in steps for unit in ("时间", "日期"))


def _done(*steps: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{step}" for step in steps for prefix in ("", "已"))


TIME_WORDS: dict[str, tuple[str, ...]] = {
    "registered_at": (
        *_moments("登记", "上报", "采集", "创建"),
        *("受理登记", "registered", "open"),
    ),
    "accepted_at": (*_moments("受理"), "accepted"),
    "dispatched_at": (*_moments("交办", "派单", "分流", "派遣"), "dispatched"),
    "signed_at": (*_moments("签收", "接收"), "signed"),
    "handling_at": (*_moments("办理", "处置"), "开始办理", "handling"),
    "feedback_at": (*_moments("反馈"), "feedback"),
    "closed_at": (*_moments("办结", "结案", "完成"), "closed"),
    "visited_at": (*_moments("回访"), "visited"),
    "archived_at": (*_moments("归档"), "archived"),
    "sign_due_at": ("签收时限", "签收期限"),
    "due_at": (
        *("办结时限", "化解时限", "办理时限", "处置时限", "截止时间", "期限", "到期"),
        *("target", "due"),
    ),
    "mediation_started_at": ("调解开始", "开始调解"),
    "mediation_ended_at": ("调解结束", "结束调解", "调解日期"),
    "resolved_at": (*_moments("化解"), "resolved"),
    "recorded_at": (*_moments("录入", "入库"), "recorded"),
}
CASE_WORDS: dict[str, tuple[str, ...]] = {
    "case_no": (
        "案件编号",
        "事件编号",
        "纠纷编号",
        "编号",
        "工单号",
        "单号",
        "流水号",
        "case",
        "id",
    ),
    **TIME_WORDS,
    "region": (
        "区划代码",
        "网格编码",
        "网格代码",
        "区划",
        "所属区域",
        "网格",
        "社区",
        "街道",
        "乡镇",
        "镇街",
        "县区",
        "区县",
        "ward",
    ),
    "class": ("事件类别", "纠纷类别", "类别", "类型", "小类", "type", "category", "reason"),
    "channel": ("来源渠道", "事件来源", "来源", "渠道", "source", "channel"),
    "holder": ("承办单位", "处置单位", "办理单位", "责任单位", "部门", "department"),
    # 调解中心, of disputes.
    "centre": ("调解组织", "调解中心", "调解机构", "调委会", "中心"),
    "status": ("案件状态", "事件状态", "处理状态", "办理状态", "状态", "status"),
    "lon": ("经度", "longitude", "lon", "lng"),
    "lat": ("纬度", "latitude", "lat"),
    "point": ("坐标", "经纬度", "point", "location"),
    "resolved_level": ("办结层级", "化解层级", "层级"),
    "method": ("化解方式", "调解方式", "调解类型"),
    "is_successful": ("调解结果", "是否成功"),
    "is_sectoral": ("是否行专", "行业性专业性"),
    "is_satisfied": ("是否满意", "满意度"),
    "is_emergency": ("是否突发", "是否紧急"),
}
# What a step's number is of, by the word in its heading.
SUBJECTS = {"事件": "incident", "纠纷": "dispute"}
FLAGS = {
    **dict.fromkeys(("是", "成功", "满意", "已受理"), True),
    **dict.fromkeys(("否", "不成功", "失败", "不满意", "未受理"), False),
}
# Usual words of sites for what the database takes.
MEANINGS: dict[str, str] = {
    **{indicator.title: indicator.key for indicator in (*INDICATORS, *REPORTED)},
    **dict.fromkeys(("省", "省级"), "province"),
    **dict.fromkeys(("市", "市级", "地市", "地级市", "设区市"), "city"),
    **dict.fromkeys(("县", "区", "县级", "区级", "县区", "区县", "县（市、区）"), "county"),
    **dict.fromkeys(("县级市", "市辖区", "自治县"), "county"),
    **dict.fromkeys(("乡镇", "街道", "乡镇街道", "镇街", "镇", "乡", "民族乡"), "town"),
    **dict.fromkeys(("乡镇级", "镇级", "乡级", "街道级", "镇街级"), "town"),
    **dict.fromkeys(("村", "社区", "村社区", "村级", "社区级", "村（社区）", "行政村"), "village"),
    **dict.fromkeys(("网格", "网格级"), "grid"),
    **dict.fromkeys(("人民调解",), "people"),
    **dict.fromkeys(("行政调解",), "administrative"),
    **dict.fromkeys(("司法调解",), "judicial"),
    **dict.fromkeys(("更名",), "renamed"),
    **dict.fromkeys(("变更代码",), "recoded"),
    **dict.fromkeys(("合并",), "merged"),
    **dict.fromkeys(("拆分",), "split"),
    **dict.fromkeys(("划转",), "moved"),
    **dict.fromkeys(("部门", "单位"), "department"),
    **dict.fromkeys(("综治中心", "中心"), "centre"),
    **dict.fromkeys(("调委会", "调解委员会"), "committee"),
    **dict.fromkeys(("平台",), "platform"),
    **dict.fromkeys(_done("登记", "上报"), "registered"),
    **dict.fromkeys((*_done("受理"), "办理中", "处理中", "处置中"), "accepted"),
    **dict.fromkeys(_done("交办", "派单", "分流", "派遣"), "dispatched"),
    **dict.fromkeys(_done("签收"), "signed"),
    **dict.fromkeys(("办理", "处置"), "handling"),
    **dict.fromkeys(_done("反馈"), "feedback"),
    **dict.fromkeys(_done("办结", "结案", "完成"), "closed"),
    **dict.fromkeys(_done("回访"), "visited"),
    **dict.fromkeys(_done("归档"), "archived"),
    **dict.fromkeys(("退回",), "returned"),
    **dict.fromkeys(("延期",), "extended"),
}


def meaning_of(word: str, allowed: Collection[str | bool]) -> str | bool | None:
    """Which of the values allowed a word of a site means, None where it is not known."""
    meanings = (word, MEANINGS.get(word), FLAGS.get(word))
    return next((each for each in meanings if each is not None and each in allowed), None)


def is_known(word: str) -> bool:
    """Whether the word means something to some list."""
    return word in MEANINGS or word in FLAGS
