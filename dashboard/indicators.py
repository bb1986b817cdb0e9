"""The dictionary of indicators: what each counts, over what base, and where it is defined so.

An indicator is a count, a stock, a ratio of two counts, a mean, or a figure a department reports.
Flows and stocks are defined once here and compiled in `data_access.compiling`; wording for the
screen stands in `layouts.wording`. `docs/indicators.md` is generated from this module.

Sources named "domain.md" and "usage.md" in the `source` fields are summarised in
docs/indicators.md; DESIGN §8 decides the wording.
"""

from dataclasses import dataclass
from typing import Literal

from dashboard.vocabulary import (
    At,
    AtLeast,
    Earlier,
    Equals,
    Facet,
    Flow,
    HoursBefore,
    Known,
    Later,
    NotAfter,
    Reached,
    Seconds,
    StillOpen,
    Stock,
    Subject,
    SumOf,
    Unknown,
)

CATEGORIES = ("service", "hazard", "opinion", "policy", "dispute", "other")
METHODS = ("people", "administrative", "judicial", "other")
RESOLUTION_LEVELS = ("village", "town", "county")
# How a case's place can fail to be a usable point.
LOCATION_QUALITIES = ("default", "outside", "none")
# The classes that may stand on a map as a point or in the ticker: hazards and services only.
POINT_CATEGORIES = ("hazard", "service")
NEAR_DUE_HOURS = 24
MINIMUM_STAFF = 5
# Reported figures about people in need of protection (心理 …): the county's or a larger region's,
# a month's or a longer span's, and of no smaller base than this.
GUARDED_BASE = 10
GUARDED_LEVELS = ("province", "city", "county")
GUARDED_DAYS = 28

REGISTERED = At("registered_at")
ACCEPTED = At("accepted_at")
DISPATCHED = At("dispatched_at")
SIGN_DUE = At("sign_due_at")
SIGNED = At("signed_at")
DUE = At("due_at")
RED_CARD = At("red_card_at")
CLOSED = At("closed_at")
VISITED = At("visited_at")
RETURNED = At("returned_at")
MEDIATION_STARTED = At("mediation_started_at")
MEDIATION_ENDED = At("mediation_ended_at")
RESOLVED = At("resolved_at")

SOUND_TIMES = Equals("has_doubtful_times", False)
# A foreign writer's row may be out of order without being marked.
IN_ORDER = NotAfter(REGISTERED, CLOSED)
# A case of doubtful times is counted, and is in no duration and no rate.
SOUND_CLOSING = (SOUND_TIMES, IN_ORDER)
SOUND_MEDIATION = (
    SOUND_TIMES,
    Known("mediation_started_at"),
    NotAfter(MEDIATION_STARTED, MEDIATION_ENDED),
)
BY_METHOD = Facet("method", METHODS)
# Who takes a dispute in may mediate it without handing it on: it went through 分流 all the same,
# so that the steps of one batch hold ever fewer of the same cases.
ASSIGNED = Reached(Earlier(DISPATCHED, MEDIATION_ENDED))
# 调解终结 with a known result: of how the others went nothing can be said.
MEDIATED = (Reached(MEDIATION_ENDED), Known("is_successful"))
SUCCEEDED = (Reached(MEDIATION_ENDED), Equals("is_successful", True))
NO_METHOD = Unknown("method")
# 行业性专业性 is a part of people's mediation.
SECTORAL = (Equals("method", "people"), Equals("is_sectoral", True))

_I, _D = Subject.INCIDENT, Subject.DISPUTE


def _flow(key: str, subject: Subject, moment: At, *where: object, **more: object) -> Flow:
    return Flow(key=key, subject=subject, moment=moment, where=where, **more)  # type: ignore[arg-type]


FLOWS: tuple[Flow, ...] = (
    _flow("registered", _I, REGISTERED, facet=Facet("category", CATEGORIES)),
    _flow("registered_all", _I, REGISTERED),
    _flow("registered_sound", _I, REGISTERED, SOUND_TIMES),
    _flow("registered_closed", _I, REGISTERED, SOUND_TIMES, Reached(CLOSED)),
    _flow("registered_doubtful", _I, REGISTERED, Equals("has_doubtful_times", True)),
    _flow("registered_unlimited", _I, REGISTERED, Unknown("due_at")),
    _flow("registered_placed", _I, REGISTERED, facet=Facet("location_quality", LOCATION_QUALITIES)),
    _flow("closed", _I, CLOSED),
    _flow(
        "closed_at_level",
        _I,
        CLOSED,
        *SOUND_CLOSING,
        facet=Facet("resolved_level", RESOLUTION_LEVELS),
    ),
    _flow("closed_with_level", _I, CLOSED, *SOUND_CLOSING, Known("resolved_level")),
    _flow("closed_sound", _I, CLOSED, *SOUND_CLOSING),
    _flow("closed_seconds", _I, CLOSED, *SOUND_CLOSING, amount=Seconds(REGISTERED, CLOSED)),
    _flow("closed_visited", _I, CLOSED, *SOUND_CLOSING, Reached(VISITED)),
    _flow("due", _I, DUE, SOUND_TIMES),
    _flow("due_met", _I, DUE, SOUND_TIMES, NotAfter(CLOSED, DUE)),
    _flow("overdue_begun", _I, DUE, StillOpen(CLOSED, DUE)),
    _flow("red_begun", _I, RED_CARD, StillOpen(CLOSED, RED_CARD)),
    _flow("sign_due", _I, SIGN_DUE, SOUND_TIMES),
    _flow("sign_met", _I, SIGN_DUE, SOUND_TIMES, NotAfter(SIGNED, SIGN_DUE)),
    _flow("dispatched", _I, DISPATCHED, SOUND_TIMES),
    _flow("dispatched_returned", _I, DISPATCHED, SOUND_TIMES, Reached(RETURNED)),
    _flow("answered", Subject.RETURN_VISIT, At("visited_at"), Equals("is_valid", True)),
    _flow(
        "satisfied",
        Subject.RETURN_VISIT,
        At("visited_at"),
        Equals("is_valid", True),
        Equals("is_satisfied", True),
    ),
    _flow("receptions", Subject.RECEPTION, At("received_at")),
    _flow("reception_people", Subject.RECEPTION, At("received_at"), amount=SumOf("people")),
    _flow("d_accepted", _D, ACCEPTED),
    _flow("d_dispatched", _D, ACCEPTED, ASSIGNED),
    _flow("d_mediated", _D, ACCEPTED, *MEDIATED, facet=BY_METHOD),
    _flow("d_mediated_no_method", _D, ACCEPTED, *MEDIATED, NO_METHOD),
    _flow("d_mediated_sectoral", _D, ACCEPTED, *MEDIATED, *SECTORAL),
    _flow("d_succeeded", _D, ACCEPTED, *SUCCEEDED, facet=BY_METHOD),
    _flow("d_succeeded_no_method", _D, ACCEPTED, *SUCCEEDED, NO_METHOD),
    _flow("d_succeeded_sectoral", _D, ACCEPTED, *SUCCEEDED, *SECTORAL),
    _flow("d_resolved", _D, ACCEPTED, Reached(RESOLVED)),
    _flow("d_ended", _D, MEDIATION_ENDED, *SOUND_MEDIATION),
    _flow(
        "d_ended_seconds",
        _D,
        MEDIATION_ENDED,
        *SOUND_MEDIATION,
        amount=Seconds(MEDIATION_STARTED, MEDIATION_ENDED),
    ),
    _flow("confirmable", Subject.AGREEMENT, At("signed_at"), Equals("is_confirmable", True)),
    _flow(
        "confirmed",
        Subject.AGREEMENT,
        At("signed_at"),
        Equals("is_confirmable", True),
        Reached(At("confirmed_at")),
    ),
    _flow("performance_due", Subject.AGREEMENT, At("performance_due_at")),
    _flow(
        "performed",
        Subject.AGREEMENT,
        At("performance_due_at"),
        Reached(At("performed_at")),
    ),
)

DAILY_FLOWS: tuple[Flow, ...] = (
    _flow(
        "staff", Subject.STAFFING, At("day"), AtLeast("staff", MINIMUM_STAFF), amount=SumOf("staff")
    ),
    _flow(
        "staff_online",
        Subject.STAFFING,
        At("day"),
        AtLeast("staff", MINIMUM_STAFF),
        amount=SumOf("online"),
    ),
    _flow(
        "staff_reporting",
        Subject.STAFFING,
        At("day"),
        AtLeast("staff", MINIMUM_STAFF),
        amount=SumOf("reporting"),
    ),
    _flow(
        "patrols_due",
        Subject.PATROL,
        At("day"),
        AtLeast("staff", MINIMUM_STAFF),
        amount=SumOf("due"),
    ),
    _flow(
        "patrols_done",
        Subject.PATROL,
        At("day"),
        AtLeast("staff", MINIMUM_STAFF),
        amount=SumOf("done"),
    ),
)

STOCKS: tuple[Stock, ...] = (
    Stock(key="open", subject=_I, entered=REGISTERED, left=CLOSED),
    Stock(key="overdue", subject=_I, entered=Later(REGISTERED, DUE), left=CLOSED),
    Stock(
        key="near_due",
        subject=_I,
        entered=Later(REGISTERED, HoursBefore(DUE, NEAR_DUE_HOURS)),
        left=Earlier(DUE, CLOSED),
    ),
    Stock(key="red", subject=_I, entered=Later(REGISTERED, RED_CARD), left=CLOSED),
    Stock(
        key="emergencies",
        subject=_I,
        entered=REGISTERED,
        left=CLOSED,
        where=(Equals("is_emergency", True),),
    ),
    Stock(key="d_open", subject=_D, entered=REGISTERED, left=CLOSED),
    Stock(key="d_overdue", subject=_D, entered=Later(REGISTERED, DUE), left=CLOSED),
)

ROLLED_UP_FLOWS: tuple[Flow, ...] = FLOWS + tuple(
    flow for stock in STOCKS for flow in (stock.entries(), stock.departures())
)

Better = Literal["higher", "lower", "neither"]
Kind = Literal["count", "stock", "rate", "mean", "median", "per_10k", "reported"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One figure of the dictionary.

    `numerator` and `denominator` name measures (`flow` or `flow__facet`, summed) or stocks; a
    leading "-" subtracts. `facets` lists the facets it is also given by, each with its measures.
    """

    key: str
    title: str
    kind: Kind
    unit: str
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    facets: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    better: Better = "neither"
    # Shown only as GUARDED_BASE, GUARDED_LEVELS and GUARDED_DAYS allow.
    is_guarded: bool = False
    definition: str
    source: str


def _all(flow: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{flow}__{value}" for value in values)


def _of_method(flow: str, method: str) -> tuple[str, ...]:
    """Measures of a method; what no method is known of counts among the others."""
    return _all(flow, (method,)) + ((f"{flow}_no_method",) if method == "other" else ())


_MEDIATED = (*_all("d_mediated", METHODS), "d_mediated_no_method")
_SUCCEEDED = (*_all("d_succeeded", METHODS), "d_succeeded_no_method")

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        key="incidents_registered",
        title="上报",
        kind="count",
        unit="件",
        numerator=("registered_all",),
        facets=tuple((c, (f"registered__{c}",), ()) for c in CATEGORIES),
        definition="期内上报(登记)的事件数。",
        source="domain.md §5 事件总量 (ISSUEDEALSTATS)",
    ),
    Indicator(
        key="incidents_closed",
        title="办结",
        kind="count",
        unit="件",
        numerator=("closed",),
        definition="期内办结的事件数,不论何时上报。",
        source="usage.md §1.6",
    ),
    Indicator(
        key="incidents_open",
        title="在办",
        kind="stock",
        unit="件",
        numerator=("open",),
        better="lower",
        definition="已上报、尚未办结的事件数。",
        source="usage.md §3: 在办 ends at 办结",
    ),
    Indicator(
        key="incidents_near_due",
        title="临期",
        kind="stock",
        unit="件",
        numerator=("near_due",),
        better="lower",
        definition=f"在办且{NEAR_DUE_HOURS}小时内到办结时限的事件数。",
        source="DESIGN §4 其中临期(24小时内)",
    ),
    Indicator(
        key="incidents_overdue",
        title="超期在办",
        kind="stock",
        unit="件",
        numerator=("overdue",),
        better="lower",
        definition="办结时限已过、尚未办结的事件数;无办结时限的不计。",
        source="domain.md §4.4",
    ),
    Indicator(
        key="incidents_red",
        title="红牌督办",
        kind="stock",
        unit="件",
        numerator=("red",),
        better="lower",
        definition="超期5个工作日及以上、尚未办结的事件数。",
        source="DESIGN §8; domain.md §4.4",
    ),
    Indicator(
        key="incidents_yellow",
        title="黄牌督办",
        kind="stock",
        unit="件",
        numerator=("overdue", "-red"),
        better="lower",
        definition="超期不足5个工作日、尚未办结的事件数。",
        source="DESIGN §10.4: 黄牌 + 红牌 = 超期",
    ),
    Indicator(
        key="red_new",
        title="新增红牌",
        kind="count",
        unit="件",
        numerator=("red_begun",),
        better="lower",
        definition="期内到达红牌时点且当时尚未办结的事件数。",
        source="DESIGN §4",
    ),
    Indicator(
        key="yellow_new",
        title="新增黄牌",
        kind="count",
        unit="件",
        numerator=("overdue_begun",),
        better="lower",
        definition="期内到达办结时限且当时尚未办结的事件数。",
        source="DESIGN §4",
    ),
    Indicator(
        key="emergencies_open",
        title="待处置紧急事件",
        kind="stock",
        unit="件",
        numerator=("emergencies",),
        better="lower",
        definition="突发事件(初报,待定级)中尚未办结的。",
        source="DESIGN §4 夜间",
    ),
    Indicator(
        key="closing_rate",
        title="办结率",
        kind="rate",
        unit="%",
        numerator=("registered_closed",),
        denominator=("registered_sound",),
        better="higher",
        definition="期内上报的事件中,截至统计时刻已办结的比例(同批案件);时间存疑的不计。",
        source="domain.md §5 办结率 (cohort, getTotalOrgYearCompleteRata)",
    ),
    Indicator(
        key="on_time_rate",
        title="按期办结率",
        kind="rate",
        unit="%",
        numerator=("due_met",),
        denominator=("due",),
        better="higher",
        definition="按期办结 ÷ 应办结(办结时限在期内且已到,含未办结的);无时限、时间存疑的不计。",
        source="usage.md §1.4; DESIGN §8",
    ),
    Indicator(
        key="sign_rate",
        title="及时签收率",
        kind="rate",
        unit="%",
        numerator=("sign_met",),
        denominator=("sign_due",),
        better="higher",
        definition="签收时限在期内且已到的事件中,按时签收的比例;时间存疑的不计。",
        source="usage.md §3 (lyg.gov.cn 通报)",
    ),
    Indicator(
        key="mean_handling_hours",
        title="平均处置时长",
        kind="mean",
        unit="小时",
        numerator=("closed_seconds",),
        denominator=("closed_sound",),
        better="lower",
        definition="期内办结事件从上报到办结的平均小时数;时间存疑的不计。",
        source="domain.md §5 平均处置时长",
    ),
    Indicator(
        key="median_handling_hours",
        title="处置时长中位数",
        kind="median",
        unit="小时",
        numerator=("closed_seconds",),
        denominator=("closed_sound",),
        better="lower",
        definition="期内办结事件从上报到办结小时数(取到0.1小时)的中位数;时间存疑的不计。",
        source="domain.md §5",
    ),
    Indicator(
        key="return_rate",
        title="退回率",
        kind="rate",
        unit="%",
        numerator=("dispatched_returned",),
        denominator=("dispatched",),
        better="lower",
        definition="期内分流交办的事件中,截至统计时刻被退回过的比例;时间存疑的不计。",
        source="domain.md §5 回退率",
    ),
    Indicator(
        key="resolution_level",
        title="分级化解",
        kind="rate",
        unit="%",
        facets=tuple(
            (level, (f"closed_at_level__{level}",), ("closed_with_level",))
            for level in RESOLUTION_LEVELS
        ),
        definition="期内办结的事件按化解层级(村、乡镇、县级及以上)的占比;时间存疑的不计。",
        source="domain.md §5 就地化解率",
    ),
    Indicator(
        key="resolved_in_town_rate",
        title="乡镇(街道)及以下化解率",
        kind="rate",
        unit="%",
        numerator=("closed_at_level__village", "closed_at_level__town"),
        denominator=("closed_with_level",),
        better="higher",
        definition="期内办结的事件中,在村(社区)或乡镇(街道)化解的比例;时间存疑的不计。",
        source="product.md S3",
    ),
    Indicator(
        key="visit_rate",
        title="回访率",
        kind="rate",
        unit="%",
        numerator=("closed_visited",),
        denominator=("closed_sound",),
        better="higher",
        definition="期内办结的事件(不含矛盾纠纷)中,截至统计时刻已回访的比例;时间存疑的不计。",
        source="domain.md §5 有效回访率",
    ),
    Indicator(
        key="satisfaction_rate",
        title="满意率",
        kind="rate",
        unit="%",
        numerator=("satisfied",),
        denominator=("answered",),
        better="higher",
        definition=(
            "期内有效回访中满意的比例;事件和矛盾纠纷的回访都在内,因此与只计事件的回访率不是同一批。"
        ),
        source="domain.md §5 群众满意度",
    ),
    Indicator(
        key="incidents_per_10k",
        title="每万人事件数",
        kind="per_10k",
        unit="件/万人",
        numerator=("registered_all",),
        definition="期内上报事件数 ÷ 常住人口 × 10000;无人口数的地区为空,不由下级相加。",
        source="domain.md §5 万人发案率",
    ),
    Indicator(
        key="receptions",
        title="接待批次",
        kind="count",
        unit="批次",
        numerator=("receptions",),
        definition="期内接待的批次。",
        source="usage.md §3",
    ),
    Indicator(
        key="reception_people",
        title="接待人次",
        kind="count",
        unit="人次",
        numerator=("reception_people",),
        definition="期内接待的人次。",
        source="usage.md §3",
    ),
    Indicator(
        key="disputes_accepted",
        title="受理",
        kind="count",
        unit="件",
        numerator=("d_accepted",),
        definition="期内受理的矛盾纠纷数。",
        source="usage.md §1.5",
    ),
    Indicator(
        key="disputes_dispatched",
        title="分流",
        kind="rate",
        unit="%",
        numerator=("d_dispatched",),
        denominator=("d_accepted",),
        definition=(
            "期内受理的纠纷中,截至统计时刻已分流的(占受理);"
            "受理后未经交办、直接调解终结的,视为已分流。"
        ),
        source="DESIGN §5 Disputes",
    ),
    Indicator(
        key="disputes_mediated",
        title="调解",
        kind="rate",
        unit="%",
        numerator=_MEDIATED,
        denominator=("d_dispatched",),
        definition=(
            "期内受理的纠纷中,截至统计时刻调解已终结且已知成败的(占分流);"
            "成败未登记的不计。等于调解成功率各方式件数之和。"
        ),
        source="DESIGN §5 Disputes",
    ),
    Indicator(
        key="disputes_succeeded",
        title="成功",
        kind="rate",
        unit="%",
        numerator=_SUCCEEDED,
        denominator=_MEDIATED,
        definition="期内受理的纠纷中,截至统计时刻调解成功的(占调解,同调解成功率)。",
        source="DESIGN §5 Disputes",
    ),
    Indicator(
        key="disputes_open",
        title="在办纠纷",
        kind="stock",
        unit="件",
        numerator=("d_open",),
        definition="截至统计时刻已登记、尚未办结的矛盾纠纷数。",
        source="usage.md §1.6: 累计在办",
    ),
    Indicator(
        key="disputes_overdue",
        title="超期在办纠纷",
        kind="stock",
        unit="件",
        numerator=("d_overdue",),
        better="lower",
        definition="办结时限已过、尚未办结的矛盾纠纷数;无办结时限的不计。",
        source="domain.md §4.4; usage.md §2: 久调不决",
    ),
    Indicator(
        key="dispute_resolution_rate",
        title="化解率",
        kind="rate",
        unit="%",
        numerator=("d_resolved",),
        denominator=("d_accepted",),
        better="higher",
        definition="期内受理的纠纷中,截至统计时刻已化解的比例(同批案件)。",
        source="usage.md §1.5 化解 ÷ 受理",
    ),
    Indicator(
        key="mediation_success_rate",
        title="调解成功率",
        kind="rate",
        unit="%",
        numerator=_SUCCEEDED,
        denominator=_MEDIATED,
        facets=(
            *((m, _of_method("d_succeeded", m), _of_method("d_mediated", m)) for m in METHODS),
            ("sectoral", ("d_succeeded_sectoral",), ("d_mediated_sectoral",)),
        ),
        better="higher",
        definition=(
            "期内受理的纠纷中,调解成功 ÷ 调解终结(同批案件,截至统计时刻);"
            "终结而成败未登记的,分子分母都不计,未经分流直接调解的计入。"
            "未登记调解方式的并入“其他”;行业性专业性只计人民调解中的。"
        ),
        source="usage.md §1.5; domain.md §5 (findSuccessMap: unknown outcomes excluded)",
    ),
    Indicator(
        key="confirmation_rate",
        title="司法确认率",
        kind="rate",
        unit="%",
        numerator=("confirmed",),
        denominator=("confirmable",),
        better="higher",
        definition="期内签订的可申请司法确认的协议中,截至统计时刻已司法确认的比例。",
        source="usage.md §1.5",
    ),
    Indicator(
        key="performance_rate",
        title="履行率",
        kind="rate",
        unit="%",
        numerator=("performed",),
        denominator=("performance_due",),
        better="higher",
        definition="履行期限在期内且已到的协议中,截至统计时刻已履行的比例。",
        source="usage.md §1.5",
    ),
    Indicator(
        key="mean_mediation_days",
        title="平均调解天数",
        kind="mean",
        unit="天",
        numerator=("d_ended_seconds",),
        denominator=("d_ended",),
        better="lower",
        definition="期内调解终结的纠纷,从开始调解到终结的平均天数。",
        source="domain.md §5",
    ),
    Indicator(
        key="staff_online_rate",
        title="网格员在线率",
        kind="rate",
        unit="%",
        numerator=("staff_online",),
        denominator=("staff",),
        better="higher",
        definition="按日在线网格员 ÷ 在册网格员;乡镇(街道)及以上,不足5人的乡镇不计。",
        source="domain.md §5 网格员在线率; usage.md §5",
    ),
    Indicator(
        key="reporting_rate",
        title="上报率",
        kind="rate",
        unit="%",
        numerator=("staff_reporting",),
        denominator=("staff",),
        better="higher",
        definition="当日有上报的网格员 ÷ 在册网格员;乡镇(街道)及以上,不足5人的乡镇不计。",
        source="domain.md §5 上报率; usage.md §5",
    ),
    Indicator(
        key="patrol_rate",
        title="巡查率",
        kind="rate",
        unit="%",
        numerator=("patrols_done",),
        denominator=("patrols_due",),
        better="higher",
        definition=(
            "已完成的巡查 ÷ 应完成的巡查,按日汇总;乡镇(街道)及以上,当日不足5名网格员的乡镇不计。"
        ),
        source="domain.md §5 巡查率; usage.md §5",
    ),
)

# Key, title, unit, better, definition, source. Departments hand these over by month.
_REPORTED_FIGURES: tuple[tuple[str, str, str, Better, str, str], ...] = (
    (
        "video_coverage",
        "视频覆盖率",
        "%",
        "higher",
        "有监控的重点部位 ÷ 重点部位",
        "S7; domain.md §5",
    ),
    ("video_networked", "视频联网率", "%", "higher", "联网摄像机 ÷ 摄像机", "S7; domain.md §5"),
    ("video_intact", "视频完好率", "%", "higher", "完好摄像机 ÷ 摄像机", "S7; domain.md §5"),
    (
        "video_online",
        "视频在线率",
        "%",
        "higher",
        "在线摄像机 ÷ 联网摄像机",
        "S7; domain.md §5",
    ),
    ("psychology_coverage", "心理服务站室覆盖率", "%", "higher", "已建站室 ÷ 应建站室", "S12"),
    ("psychology_followed", "心理服务跟进率", "%", "higher", "已跟进 ÷ 应跟进", "S12"),
    ("volunteer_teams", "每万人群防群治组织数", "个/万人", "higher", "组织数 ÷ 万人", "S13"),
    ("volunteer_coverage", "群防群治覆盖率", "%", "higher", "覆盖村(社区) ÷ 村(社区)", "S13"),
    (
        "prosecution_per_10k",
        "万人起诉率",
        "件/万人",
        "lower",
        "一审民商事、行政收案 ÷ 万人",
        "S14; domain.md §5",
    ),
    (
        "litigation_per_10k",
        "万人成讼率",
        "件/万人",
        "lower",
        "一审民商事收案 ÷ 万人",
        "S14; domain.md §5",
    ),
    ("pretrial_mediation", "诉前调解成功率", "%", "higher", "诉前调解成功 ÷ 诉前调解", "S14"),
    ("petition_backlog", "信访积案化解率", "%", "higher", "已化解积案 ÷ 积案", "S14"),
    ("zero_case_estates", "零发案小区占比", "%", "higher", "零发案小区 ÷ 智安小区", "S15"),
    ("floating_registered", "流动人口登记率", "%", "higher", "已登记 ÷ 应登记", "S15"),
    ("centres_built", "综治中心建成率", "%", "higher", "已建成中心 ÷ 应建中心", "S16"),
    ("safety_survey", "群众安全感", "%", "higher", "调查中感到安全 ÷ 有效样本", "S17"),
)

_GUARDED = ("psychology_coverage", "psychology_followed")
_GUARDED_NOTE = f";只列县级及以上、按月,分母不足{GUARDED_BASE}的不显示"

REPORTED: tuple[Indicator, ...] = tuple(
    Indicator(
        key=key,
        title=title,
        kind="reported",
        unit=unit,
        better=better,
        is_guarded=key in _GUARDED,
        definition=f"部门按月报送的分子、分母:{definition}"
        + (_GUARDED_NOTE if key in _GUARDED else ""),
        source=source,
    )
    for key, title, unit, better, definition, source in _REPORTED_FIGURES
)

INDICATOR_BY_KEY: dict[str, Indicator] = {item.key: item for item in INDICATORS + REPORTED}
STOCK_BY_KEY: dict[str, Stock] = {stock.key: stock for stock in STOCKS}
