"""矛盾纠纷化解: receptions, then one batch of disputes from 受理 to 成功, each with its base."""

from dash import html

from dashboard.screens import Screen
from dashboard.snapshot import Reading, Snapshot
from layouts import ids, targets, wording
from layouts.ids import WallIds
from layouts.panel_frame import (
    Leaves,
    PanelState,
    count_leaves,
    figure,
    figure_leaves,
    merged,
    panel,
    rate_leaves,
    state_of,
    summary,
    summary_leaf,
    text_leaf,
    width_leaf,
    words_leaves,
    zone_of,
)

# Step, its indicator, the base its share is of.
STEPS = (
    ("受理", "disputes_accepted", ""),
    ("分流", "disputes_dispatched", "占受理"),
    ("调解", "disputes_mediated", "占分流"),
    ("成功", "disputes_succeeded", "占调解"),
)
AGREEMENTS = (
    ("司法确认", "confirmation_rate", "可申请司法确认的协议"),
    ("已履行", "performance_rate", "已到履行期限的协议"),
)


def build(screen: Screen) -> html.Section:
    """Frame of the panel."""
    receptions = html.Div(
        [
            html.Span("接待", className="receptions-name"),
            figure(WallIds.DISPUTES_RECEPTIONS),
            figure(WallIds.DISPUTES_PEOPLE),
        ],
        className="receptions",
    )
    return panel(
        WallIds.DISPUTES,
        "disputes",
        "矛盾纠纷化解",
        receptions,
        html.Div([_step(place) for place in range(len(STEPS))], className="bars"),
        html.Div([_agreement(place) for place in range(len(AGREEMENTS))], className="agreements"),
        html.Div(id=ids.part(WallIds.DISPUTES, "targets"), className="target disputes-targets"),
        summary(WallIds.DISPUTES),
        note=html.Span(id=WallIds.DISPUTES_PERIOD),
        is_live=False,
    )


def state(screen: Screen, snapshot: Snapshot) -> PanelState:
    """State of the panel: 未接入 as a whole only when neither cases nor receptions came."""
    keys = ("receptions", *(key for _, key, _ in STEPS))
    return state_of(*(snapshot.find(key, period="month") for key in keys))


def props(screen: Screen, snapshot: Snapshot) -> Leaves:
    """Leaf props of the panel."""
    receptions = snapshot.find("receptions", period="month")
    people = snapshot.find("reception_people", period="month")
    return merged(
        [
            text_leaf(WallIds.DISPUTES_PERIOD, _period_words(snapshot)),
            count_leaves(WallIds.DISPUTES_RECEPTIONS, receptions, "批次"),
            count_leaves(WallIds.DISPUTES_PEOPLE, people, "人次"),
            summary_leaf(
                WallIds.DISPUTES,
                _sentence(snapshot) + targets.sentence(snapshot, _rates(snapshot)),
            ),
            text_leaf(ids.part(WallIds.DISPUTES, "targets"), target_words(snapshot)),
            *_step_props(snapshot),
            *_agreement_props(snapshot),
        ]
    )


def _period_words(snapshot: Snapshot) -> str:
    """11月1—20日同批案件,截至14:00."""
    month = snapshot.period("month")
    accepted = snapshot.find("disputes_accepted", period="month")
    if month is None or accepted is None:
        return ""
    return f"{month.label}同批案件,截至{wording.minutes(accepted.as_of, zone_of(snapshot))}"


def _sentence(snapshot: Snapshot) -> str:
    """矛盾纠纷同批案件:受理41,260件,分流40,922件,调解…"""
    cases = {name: _cases(snapshot.find(key, period="month")) for name, key, _ in STEPS}
    known = [
        f"{name}{wording.count(number)}件" for name, number in cases.items() if number is not None
    ]
    return f"矛盾纠纷同批案件:{','.join(known)}。" if known else ""


def target_words(snapshot: Snapshot) -> str:
    """目标:分流98.0% · 已履行96.0%; empty where none has a target."""
    said = {
        name: targets.short_words(snapshot, reading).removeprefix("目标")
        for name, reading in _rates(snapshot).items()
    }
    words = " · ".join(f"{name}{value}" for name, value in said.items() if value)
    return f"目标:{words}" if words else ""


def _rates(snapshot: Snapshot) -> dict[str, Reading | None]:
    """What the panel prints a rate of, by its name there."""
    keys = [(name, key) for name, key, base in STEPS if base]
    keys += [(name, key) for name, key, _ in AGREEMENTS]
    return {name: snapshot.find(key, period="month") for name, key in keys}


def _step_props(snapshot: Snapshot) -> list[Leaves]:
    accepted = snapshot.find("disputes_accepted", period="month")
    whole = (accepted.value if accepted else None) or 0
    parts: list[Leaves] = []
    for place, (_, key, base) in enumerate(STEPS):
        row = ids.row(WallIds.DISPUTES, place)
        reading = snapshot.find(key, period="month")
        cases = _cases(reading)
        share = f"{base}{''.join(wording.rate(reading))}" if base and reading else ""
        parts += [
            width_leaf(ids.part(row, "bar"), (cases or 0) / whole if whole else 0),
            targets.mark_leaf(
                ids.part(row, "mark"),
                snapshot,
                reading if whole else None,
                _base(reading) / (whole or 1),
            ),
            _cases_leaves(ids.part(row, "value"), reading),
            text_leaf(
                ids.part(row, "share"), share if reading and reading.value is not None else ""
            ),
        ]
    return parts


def _base(reading: Reading | None) -> float:
    """Cases that the step's rate is of."""
    return (reading.denominator if reading else None) or 0


def _cases(reading: Reading | None) -> float | None:
    """Cases that reached the step: the numerator of its rate, or the count itself."""
    if reading is None:
        return None
    return reading.value if reading.numerator is None else reading.numerator


def _cases_leaves(figure_id: str, reading: Reading | None, unit: str = "") -> Leaves:
    """Leaf props of the cases themselves: of none there are 0, and only their share is blank."""
    words = wording.count(_cases(reading))
    if reading is not None and reading.status == "empty_base" and reading.numerator is not None:
        return words_leaves(figure_id, words, unit=unit)
    return figure_leaves(figure_id, reading, words, unit)


def _agreement_props(snapshot: Snapshot) -> list[Leaves]:
    parts: list[Leaves] = []
    for place, (_, key, base) in enumerate(AGREEMENTS):
        row = ids.row(ids.part(WallIds.DISPUTES, "agreement"), place)
        reading = snapshot.find(key, period="month")
        den = wording.count(reading.denominator) if reading else ""
        parts += [
            _cases_leaves(ids.part(row, "value"), reading, "件"),
            text_leaf(ids.part(row, "base"), f"/ {base} {den}" if reading and den else ""),
            rate_leaves(ids.part(row, "rate"), reading),
        ]
    return parts


def _step(place: int) -> html.Div:
    row = ids.row(WallIds.DISPUTES, place)
    is_last = place == len(STEPS) - 1
    return html.Div(
        [
            html.Span(STEPS[place][0], className="bar-name"),
            html.Span(
                [
                    html.I(id=ids.part(row, "bar"), className="bar"),
                    html.I(id=ids.part(row, "mark"), className="target-mark"),
                ],
                className="bar-track",
            ),
            figure(ids.part(row, "value"), "bar-value"),
            html.Span(
                [
                    html.Span("件" if place == 0 else "", className="bar-unit"),
                    html.Span(id=ids.part(row, "share")),
                ],
                className="bar-share",
            ),
        ],
        className="bar-row is-leader" if is_last else "bar-row",
    )


def _agreement(place: int) -> html.Div:
    row = ids.row(ids.part(WallIds.DISPUTES, "agreement"), place)
    return html.Div(
        [
            html.Span(AGREEMENTS[place][0], className="agreement-name"),
            figure(ids.part(row, "value"), "agreement-value"),
            html.Span(id=ids.part(row, "base"), className="agreement-base"),
            figure(ids.part(row, "rate"), "agreement-rate"),
        ],
        className="agreement",
    )
