"""The disputes of one local day with their mediation, outcome and agreement.

`day_of_disputes` is a pure function of province, seed and day. Rates aimed at: 99 % dispatched,
89 % mediated to an end, on average 3.6 days after its start, 95 % of these with success.
"""

from datetime import date

import numpy as np

from data_access.demo.case_days import (
    NAT,
    NULL,
    Agreements,
    Array,
    CaseDay,
    Flags,
    Later,
    Moment,
    Times,
    in_order,
)
from data_access.demo.cases import (
    DAY,
    HOUR,
    VALID,
    between,
    case_numbers,
    in_office_hours,
    seconds,
    span,
)
from data_access.demo.county_traits import county_traits, drawn_grids
from data_access.demo.province import Integers, Province
from data_access.demo.rhythm import Draw, day_factor, generator, times_of_day

DISPUTES_A_DAY = 74.5
MEDIATION_SOURCE = 3
METHODS = np.array([b"people", b"administrative", b"judicial", b"other"])
METHOD_SHARES = (0.73, 0.14, 0.08, 0.05)
SUCCESS = np.array([0.96, 0.93, 0.90, 0.92])
SECTORAL, DISPATCHED, MEDIATED = 0.13, 0.99, 0.89
LIMIT_DAYS = 30
EXTENDED, EXTENSION_DAYS = 0.04, 15
JOINT, ESCALATED, VISITED, SATISFIED = 0.06, 0.02, 0.40, 0.97
CONFIRMABLE, CONFIRMED, PERFORMED = 0.60, 0.20, 0.95
LATE_RECORDED = 0.03
MEDIATION_DAYS, MEDIATION_SPREAD, LONGEST_DAYS = 2.6, 0.75, 60.0
LEVELS = np.array([b"village", b"town", b"county"])
LEVEL_SHARES = (0.52, 0.38, 0.10)


def day_of_disputes(province: Province, seed: int, day: date) -> CaseDay:
    """All disputes registered on a local day, ordered by the time of registration."""
    random = generator(seed, day, Draw.DISPUTES)
    traits = county_traits(province, seed)
    expected = DISPUTES_A_DAY * province.volume * day_factor(province.calendar, day)
    count = int(random.poisson(expected))
    at = times_of_day(province.calendar, day, count, random)
    grid = drawn_grids(province, seed, count, random)
    method = random.choice(len(METHODS), count, p=METHOD_SHARES)
    is_mediated = random.random(count) < MEDIATED
    occurred = _course(at, is_mediated, random)
    rate = SUCCESS[method] + traits.mediation_success[province.grid_county[grid]]
    is_successful = is_mediated & (random.random(count) < rate)
    valid = random.random(count) < VALID
    satisfied = random.random(count) < SATISFIED
    delay = np.where(random.random(occurred.shape) < LATE_RECORDED, 40 * 60, 0)
    recorded = in_order(occurred, delay)
    later = _later(at, occurred, is_mediated, is_successful, valid, satisfied, random)
    facts = _facts(province, day, at, grid, method, random)
    return CaseDay(
        subject="dispute",
        facts=facts,
        occurred=occurred,
        recorded=recorded,
        holder=_holders(province, grid, facts, occurred),
        later=later,
        visit_is_valid=valid,
        visit_is_satisfied=satisfied,
        agreements=_agreements(occurred, recorded, is_successful, random),
    )


def _course(at: Times, is_mediated: Flags, random: np.random.Generator) -> Times:
    """Times of the steps. 办理 is the start of the mediation, 反馈 its end."""
    count = len(at)
    occurred = np.full((len(Moment), count), NAT)
    occurred[Moment.REGISTERED] = at
    until_midnight = DAY - (seconds(at - at.astype("datetime64[D]")) + 8 * HOUR) % DAY
    accepted = np.minimum(5 * 60 + random.exponential(0.8 * HOUR, count), 0.6 * until_midnight)
    occurred[Moment.ACCEPTED] = at + span(accepted)
    dispatched = accepted + 5 * 60 + random.exponential(1.5 * HOUR, count).clip(max=DAY)
    is_dispatched = random.random(count) < DISPATCHED
    occurred[Moment.DISPATCHED] = np.where(is_dispatched, at + span(dispatched), NAT)
    signed = dispatched + 5 * 60 + random.exponential(2 * HOUR, count).clip(max=DAY)
    occurred[Moment.SIGNED] = np.where(is_dispatched, at + span(signed), NAT)
    started = signed + random.uniform(0.1, 2.5, count) * DAY
    started = in_office_hours(at, started, random)
    occurred[Moment.HANDLING] = at + span(started)
    lasting = MEDIATION_DAYS * random.lognormal(0, MEDIATION_SPREAD, count)
    ended = in_office_hours(at, started + lasting.clip(0.1, LONGEST_DAYS) * DAY, random)
    occurred[Moment.FEEDBACK] = np.where(is_mediated, at + span(ended), NAT)
    closed = in_office_hours(at, ended + random.uniform(0.05, 2.0, count) * DAY, random)
    occurred[Moment.CLOSED] = at + span(closed)
    visited = in_office_hours(at, closed + random.uniform(0.5, 3.0, count) * DAY, random)
    occurred[Moment.VISITED] = np.where(random.random(count) < VISITED, at + span(visited), NAT)
    last = np.where(np.isnat(occurred[Moment.VISITED]), closed, visited)
    occurred[Moment.ARCHIVED] = at + span(last + random.uniform(0.1, 3.0, count) * DAY)
    _branches(at, occurred, random)
    return occurred


def _branches(at: Times, occurred: Times, random: np.random.Generator) -> None:
    count = len(at)
    for branch, share in ((Moment.JOINT, JOINT), (Moment.ESCALATED, ESCALATED)):
        when = between(occurred, Moment.HANDLING, Moment.CLOSED, random)
        occurred[branch] = np.where(random.random(count) < share, when, NAT)
    asked = at + span(random.uniform(0.75, 0.98, count) * LIMIT_DAYS * DAY)
    is_asked = (asked < occurred[Moment.CLOSED]) & (random.random(count) < 10 * EXTENDED)
    occurred[Moment.EXTENDED] = np.where(is_asked, asked, NAT)


def _later(
    at: Times,
    occurred: Times,
    is_mediated: Flags,
    is_successful: Flags,
    valid: Flags,
    satisfied: Flags,
    random: np.random.Generator,
) -> tuple[Later, ...]:
    """Columns that become known with a step."""
    ended = occurred[Moment.FEEDBACK]
    level = LEVELS[random.choice(len(LEVELS), len(at), p=LEVEL_SHARES)]
    return (
        Later(
            "due_at",
            Moment.EXTENDED,
            at + span(np.full(len(at), 1.0 * DAY)) * (LIMIT_DAYS + EXTENSION_DAYS),
        ),
        Later("mediation_started_at", Moment.HANDLING, occurred[Moment.HANDLING]),
        Later("mediation_ended_at", Moment.FEEDBACK, ended),
        Later(
            "is_successful",
            Moment.FEEDBACK,
            np.where(is_mediated, is_successful.astype(np.int64), NULL),
        ),
        Later("resolved_at", Moment.FEEDBACK, np.where(is_successful, ended, NAT)),
        Later("resolved_level", Moment.CLOSED, np.where(is_successful, level, b"")),
        Later("is_satisfied", Moment.VISITED, np.where(valid, satisfied.astype(np.int64), NULL)),
    )


def _facts(
    province: Province,
    day: date,
    at: Times,
    grid: Integers,
    method: Integers,
    random: np.random.Generator,
) -> dict[str, Array]:
    """Columns that are known when the dispute is registered."""
    count = len(at)
    county, town = province.grid_county[grid], province.grid_town[grid]
    classes = province.dispute_classes
    weights = 1 / np.sqrt(np.arange(len(classes.code)) + 1.5)
    weights[classes.is_sensitive] *= 0.15
    chosen = random.choice(len(weights), count, p=weights / weights.sum())
    channels = np.array([channel.encode() for channel in province.channels])
    return {
        "home_county_id": province.county_id[county],
        "source_id": np.full(count, MEDIATION_SOURCE),
        "case_no": case_numbers(b"M", day, province.county_id[county]),
        "registered_month": np.full(count, np.datetime64(day.replace(day=1), "D")),
        "method": METHODS[method],
        "is_sectoral": (method == 0) & (random.random(count) < SECTORAL),
        "centre_id": province.county_centre[county],
        "class_code": classes.code[chosen],
        "is_sensitive": classes.is_sensitive[chosen],
        "region_id": province.town_id[town],
        "county_id": province.county_id[county],
        "town_id": province.town_id[town],
        "channel": channels[random.choice(len(channels), count, p=province.channel_shares)],
        "registered_at": at,
        "sign_due_at": at + span(np.full(count, 1.0 * DAY)),
        "due_at": at + span(np.full(count, 1.0 * DAY)) * LIMIT_DAYS,
    }


def _holders(province: Province, grid: Integers, facts: dict[str, Array], occurred: Times) -> Array:
    """Centre until dispatch, then the town's unit or a department, the centre after 上报."""
    centre = facts["centre_id"]
    unit = province.town_unit[province.grid_town[grid]]
    department = province.county_units[province.grid_county[grid], 0]
    holder = np.tile(np.where(facts["method"] == METHODS[0], unit, department), (len(Moment), 1))
    holder[: Moment.DISPATCHED] = centre
    return np.where(occurred >= occurred[Moment.ESCALATED], centre, holder)


def _agreements(
    occurred: Times, recorded: Times, is_successful: Flags, random: np.random.Generator
) -> Agreements:
    """Agreements of successful mediations, with confirmation and performance."""
    count = occurred.shape[1]
    ended = occurred[Moment.FEEDBACK]
    signed = np.where(is_successful, ended + span(random.uniform(0.01, 0.9, count) * DAY), NAT)
    is_confirmable: Flags = np.less(random.random(count), CONFIRMABLE)
    is_confirmed = is_confirmable & (random.random(count) < CONFIRMED)
    confirmed = signed + span(random.uniform(4, 20, count) * DAY)
    due = signed + span(np.rint(random.uniform(5, 32, count)) * DAY)
    performed = signed + span(seconds(due - signed) * random.beta(4, 1.6, count))
    performed = np.where(random.random(count) < PERFORMED, performed, NAT)
    return Agreements(
        known_at=np.where(is_successful, np.maximum(signed, recorded[Moment.FEEDBACK]), NAT),
        signed_at=signed,
        is_confirmable=is_confirmable,
        confirmed_at=np.where(is_confirmed, confirmed, NAT),
        performance_due_at=due,
        performed_at=performed,
    )
