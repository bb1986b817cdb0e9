"""Pages of a county's open cases, in an order that an index holds (明细列表).

A page begins after the last case of the one before, so that the hundredth costs what the first
does. Never a person, never a sensitive case. What a wall lists stands in `case_lists`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from data_access import case_homes
from data_access.schema.cases import STEP_AT
from data_access.sensitive_classes import NOT_SENSITIVE

# Newest registered first, nearest limit first, longest in its step first.
Order = Literal["registered", "due", "step"]
_VALUE: dict[Order, str] = {
    "registered": "i.registered_at",
    "due": "i.due_at",
    "step": STEP_AT,
}
_KEY = "i.home_county_id, i.source_id, i.case_no, i.registered_month"


@dataclass(frozen=True, slots=True)
class CaseKey:
    """一案一码."""

    home_county_id: int
    source_id: int
    case_no: str
    registered_month: date


@dataclass(frozen=True, slots=True)
class CaseLine:
    """An open case in a list: since when it is in its step, and the instant it is ordered by."""

    key: CaseKey
    class_label: str | None
    region_name: str | None
    registered_at: datetime
    due_at: datetime | None
    step_at: datetime
    ordered_by: datetime


def ordered_by(order: Order) -> str:
    """SQL of what a page is ordered by, about a row `i`."""
    return _VALUE[order]


def page(
    connection: Connection,
    county_ids: Iterable[int],
    order: Order,
    *,
    after: CaseLine | None = None,
    limit: int = 50,
) -> list[CaseLine]:
    """The open cases of a county that follow `after`, at most `limit`.

    `county_ids`: the county, and the abolished ones whose cases count in it. By limit, only cases
    that have one.
    """
    value = ordered_by(order)
    is_falling = order == "registered"
    where = (
        f" and ({value}, {_KEY}) {'<' if is_falling else '>'} (:value, {_AFTER})" if after else ""
    )
    direction = " desc" if is_falling else ""
    booked = list(county_ids)
    if not booked:
        return []
    at_home, homes = case_homes.at_home(connection, "i", booked)
    ordered = ", ".join(f"{part}{direction}" for part in (value, *_KEY.split(", ")))
    # Each county by itself: so each is answered by the index, in its order.
    counties = {f"county_{number}": county for number, county in enumerate(booked)}
    of_counties = (
        f"(select * from incidents i where i.county_id = :{county}{at_home} and i.closed_at is null"
        f" and {value} is not null and {NOT_SENSITIVE}{where} order by {ordered} limit :limit)"
        for county in counties
    )
    rows = connection.execute(
        text(
            f"select {_KEY}, i.registered_at, i.due_at, {STEP_AT} as step_at,"
            f" {value} as ordered_by, r.name as region_name,"
            " (select c.label from codes c where c.list_key = 'incident_class'"
            "   and c.code = i.class_code) as class_label"
            f" from ({' union all '.join(of_counties)}) i"
            " left join regions r on r.id = coalesce(i.town_id, i.region_id)"
            f" order by {ordered} limit :limit"
        ),
        {"limit": limit, **counties, **homes, **_place(after)},
    )
    return [_line(row) for row in rows]


_AFTER = ":home_county_id, :source_id, :case_no, :registered_month"


def _place(after: CaseLine | None) -> dict[str, Any]:
    if after is None:
        return {}
    key = after.key
    return {
        "value": after.ordered_by,
        "home_county_id": key.home_county_id,
        "source_id": key.source_id,
        "case_no": key.case_no,
        "registered_month": key.registered_month,
    }


def _line(row: Row[Any]) -> CaseLine:
    return CaseLine(
        key=CaseKey(row.home_county_id, row.source_id, row.case_no, row.registered_month),
        class_label=row.class_label,
        region_name=row.region_name,
        registered_at=row.registered_at,
        due_at=row.due_at,
        step_at=row.step_at,
        ordered_by=row.ordered_by,
    )
