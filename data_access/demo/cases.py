"""The incidents of one local day, with everything that will ever happen to them.

`day_of_incidents` is a pure function of province, seed and day. Rates aimed at: closed on time
97.5 %, mean handling about 15 h with a median of 5, return 3 %, extension 2 %, joint 4 %,
escalation 3 %, satisfied 96 % of valid visits.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dashboard.heat_cells import KM_PER_DEGREE_LATITUDE, cell_of
from data_access.demo.case_days import NAT, NULL, Array, CaseDay, Later, Moment, Times, in_order
from data_access.demo.county_traits import CountyTraits, county_traits, drawn_grids, grid_shares
from data_access.demo.grid_places import KM_PER_LONGITUDE, ORIGIN
from data_access.demo.hot_spots import hot_spots
from data_access.demo.office_calendar import OFFSET
from data_access.demo.province import Floats, Integers, Province
from data_access.demo.rhythm import Draw, day_factor, generator, times_of_day

INCIDENTS_A_DAY = 1_470
CATEGORY_SHARES = {
    "service": 0.355,
    "hazard": 0.250,
    "opinion": 0.136,
    "policy": 0.100,
    "dispute": 0.078,
    "other": 0.081,
}
EMERGENCIES_A_DAY = 0.5
# One hot spot adds no more than this share of a usual day.
MOST_OF_A_DAY = 0.01
# Limits in working days, dealt to the classes of a list in turn.
CLASS_LIMITS = (3, 2, 5, 3, 1, 3, 2, 5)
EXTENSION_WORKDAYS = 3
LEVELS = np.array([b"village", b"town", b"county"])
LEVEL_SHARES = (0.637, 0.362, 0.001)
GRID_SOURCE, HOTLINE_SOURCE = 1, 2
CELL_KM = 1.0

RETURNED, EXTENDED, JOINT, ESCALATED = 0.030, 0.020, 0.040, 0.030
CORRECTED, RECATEGORISED = 0.005, 0.4
VISITED, VALID, SATISFIED = 0.60, 0.92, 0.96
LATE_RECORDED, LATE_STEP = 0.02, 0.01
WITHOUT_PLACE, AT_DEFAULT_PLACE = 0.02, 0.01
SIGNED_LATE = 0.09

HOUR, DAY = 3600, 86_400
SHORTEST, LONGEST = 25 * 60, 90 * DAY
MEDIAN_SECONDS, SPREAD = 4.0 * HOUR, 0.75
SLOW_SHARE = 0.028
MOVED_TO_MORNING = 0.6
LONG_LATE_SHARE, LATENESS_SECONDS, LONG_LATENESS_SECONDS = 0.10, 1.05 * DAY, 7.0 * DAY
OFFICE_OPENS, OFFICE_CLOSES = 7.0 * HOUR, 22 * HOUR


@dataclass(frozen=True)
class Registered:
    """What is drawn before the workflow: where, when and what. Arrays over the day's incidents."""

    at: Times
    grid: Integers
    county: Integers
    category: Array
    class_index: Integers
    is_emergency: npt.NDArray[np.bool_]


def day_of_incidents(province: Province, seed: int, day: date) -> CaseDay:
    """All incidents registered on a local day, ordered by the time of registration."""
    random = generator(seed, day, Draw.INCIDENTS)
    traits = county_traits(province, seed)
    registered = _registered(province, seed, day, random)
    due = province.calendar.workdays_later(registered.at, _limits(province)[registered.class_index])
    course = _course(province, traits, registered, due, random)
    later = _later(province, registered, course, random)
    facts = _facts(province, registered, day, random)
    facts["due_at"] = due
    facts["sign_due_at"] = course.sign_due
    return CaseDay(
        subject="incident",
        facts=facts,
        occurred=course.occurred,
        recorded=_recorded(course.occurred, random),
        holder=_holders(province, registered, course),
        later=later,
        visit_is_valid=course.visit_is_valid,
        visit_is_satisfied=course.visit_is_satisfied,
    )


def _limits(province: Province) -> Integers:
    count = len(province.incident_classes.code)
    return np.array([CLASS_LIMITS[k % len(CLASS_LIMITS)] for k in range(count)])


def _registered(
    province: Province, seed: int, day: date, random: np.random.Generator
) -> Registered:
    expected = INCIDENTS_A_DAY * province.volume * day_factor(province.calendar, day)
    names = list(CATEGORY_SHARES)
    count = int(random.poisson(expected))
    grid = drawn_grids(province, seed, count, random)
    category = random.choice(len(names), count, p=list(CATEGORY_SHARES.values()))
    share = grid_shares(province, seed)
    for spot in hot_spots(province, seed, day):
        usual = expected * share[spot.grids].sum() * CATEGORY_SHARES[spot.category]
        more = min(usual * (spot.factor - 1), MOST_OF_A_DAY * expected)
        extra = int(random.poisson(more))
        grid = np.concatenate([grid, random.choice(spot.grids, extra)])
        category = np.concatenate([category, np.full(extra, names.index(spot.category))])
    order = random.permutation(len(grid))
    grid, category = grid[order], category[order]
    is_emergency = random.random(len(grid)) < EMERGENCIES_A_DAY / len(grid)
    category[is_emergency] = names.index("hazard")
    return Registered(
        at=times_of_day(province.calendar, day, len(grid), random),
        grid=grid,
        county=province.grid_county[grid],
        category=np.array([name.encode() for name in names])[category],
        class_index=_classes(province, category, random.random(len(grid))),
        is_emergency=is_emergency,
    )


@lru_cache(maxsize=4)
def _class_bounds(province: Province) -> tuple[Integers, Floats]:
    """Classes in the order of their categories, and the upper bounds of category + share."""
    chosen, bounds = [], []
    for number, name in enumerate(CATEGORY_SHARES):
        classes = province.incident_classes.of(name)
        # The first of a list are the more frequent.
        weights = 1 / np.sqrt(np.arange(len(classes)) + 1.5)
        weights[province.incident_classes.is_sensitive[classes]] *= 0.15
        chosen.append(classes)
        bounds.append(number + np.cumsum(weights) / weights.sum())
    return np.concatenate(chosen), np.concatenate(bounds)


def _classes(province: Province, category: Integers, at: Floats) -> Integers:
    """A class of each case's category, from random numbers in [0, 1)."""
    classes, bounds = _class_bounds(province)
    return classes[np.searchsorted(bounds, category + at * 0.999_999)]


@dataclass(frozen=True)
class Course:
    """The way of each incident through the workflow."""

    occurred: Times
    sign_due: Times
    extended_due: Times
    level: Array
    visit_is_valid: npt.NDArray[np.bool_]
    visit_is_satisfied: npt.NDArray[np.bool_]


def _course(
    province: Province,
    traits: CountyTraits,
    registered: Registered,
    due: Times,
    random: np.random.Generator,
) -> Course:
    count = len(due)
    limit = seconds(due - registered.at)
    extended = (random.random(count) < EXTENDED) & ~registered.is_emergency
    extended_due = province.calendar.workdays_later(due, EXTENSION_WORKDAYS)
    final = np.where(extended, seconds(extended_due - registered.at), limit)
    total = _total(registered, traits, limit, final, extended, random)
    escalated = random.random(count) < ESCALATED
    occurred = np.full((len(Moment), count), NAT)
    early = _early_steps(registered.at, total, random)
    for moment, since in early.items():
        occurred[moment] = registered.at + since
    occurred[Moment.CLOSED] = registered.at + span(total)
    feedback = np.minimum(random.exponential(30 * 60, count), 0.2 * total)
    occurred[Moment.FEEDBACK] = occurred[Moment.CLOSED] - span(feedback)
    _branch(occurred, Moment.RETURNED, Moment.DISPATCHED, Moment.SIGNED, RETURNED, random)
    _branch(occurred, Moment.JOINT, Moment.HANDLING, Moment.FEEDBACK, JOINT, random)
    occurred[Moment.ESCALATED] = np.where(
        escalated, between(occurred, Moment.HANDLING, Moment.FEEDBACK, random), NAT
    )
    # Asked for while it is being handled and before the limit is reached.
    latest = np.minimum(occurred[Moment.FEEDBACK], due)
    room = seconds(latest - occurred[Moment.HANDLING]).clip(0)
    asked = occurred[Moment.HANDLING] + span(room * random.uniform(0.4, 0.95, count))
    occurred[Moment.EXTENDED] = np.where(extended, asked, NAT)
    _after_closing(occurred, random)
    level = LEVELS[random.choice(len(LEVELS), count, p=LEVEL_SHARES)]
    return Course(
        occurred=occurred,
        sign_due=_sign_due(occurred[Moment.DISPATCHED]),
        extended_due=extended_due,
        level=np.where(escalated, LEVELS[2], level),
        visit_is_valid=random.random(count) < VALID,
        visit_is_satisfied=random.random(count) < SATISFIED,
    )


def _total(
    registered: Registered,
    traits: CountyTraits,
    limit: Floats,
    final: Floats,
    extended: npt.NDArray[np.bool_],
    random: np.random.Generator,
) -> Floats:
    """Seconds from registration to closing."""
    count = len(limit)
    slow = random.random(count) < SLOW_SHARE
    late = random.random(count) < traits.late_share[registered.county]
    usual = MEDIAN_SECONDS * traits.slowness[registered.county] * random.lognormal(0, SPREAD, count)
    total = in_office_hours(registered.at, usual, random)
    total = np.where(total >= limit, limit * random.uniform(0.75, 1.0, count), total)
    total = np.where(slow, limit * random.uniform(0.6, 0.99, count), total)
    total = np.where(extended, limit + (final - limit) * random.uniform(0.02, 0.98, count), total)
    lateness = np.where(
        random.random(count) < LONG_LATE_SHARE,
        random.exponential(LONG_LATENESS_SECONDS, count),
        random.exponential(LATENESS_SECONDS, count),
    )
    total = np.where(late, final + lateness, total)
    total = np.where(registered.is_emergency, random.uniform(1.0, 3.0, count) * HOUR, total)
    return total.clip(SHORTEST, LONGEST)


def in_office_hours(since: Times, spans: Floats, random: np.random.Generator) -> Floats:
    """Spans whose end by night is mostly moved to the next morning."""
    local = seconds(since - since.astype("datetime64[D]")) + 8 * HOUR + spans
    of_day = local % DAY
    by_night = (of_day < OFFICE_OPENS) | (of_day > OFFICE_CLOSES)
    moved = by_night & (random.random(len(spans)) < MOVED_TO_MORNING)
    until_midnight = np.where(of_day > OFFICE_CLOSES, DAY - of_day, -of_day)
    morning = OFFICE_OPENS + random.exponential(1.2 * HOUR, len(spans))
    return np.where(moved, spans + until_midnight + morning, spans)


def _early_steps(at: Times, total: Floats, random: np.random.Generator) -> dict[Moment, Array]:
    """Acceptance to handling as spans since registration; short cases hurry."""
    count = len(total)
    accepted = np.minimum(60 + random.exponential(6 * 60, count), 0.1 * total)
    dispatched = accepted + np.minimum(60 + random.exponential(9 * 60, count), 0.1 * total)
    is_late = random.random(count) < SIGNED_LATE
    waiting = np.where(
        is_late,
        random.uniform(2.1, 5.0, count) * HOUR,
        np.minimum(120 + random.exponential(22 * 60, count), 1.95 * HOUR),
    )
    signed = dispatched + np.minimum(waiting, 0.35 * total)
    handling = signed + np.minimum(60 + random.exponential(20 * 60, count), 0.15 * total)
    return {
        Moment.REGISTERED: span(np.zeros(count)),
        Moment.ACCEPTED: span(accepted),
        Moment.DISPATCHED: span(dispatched),
        Moment.SIGNED: span(signed),
        Moment.HANDLING: span(handling),
    }


def _branch(
    occurred: Times,
    branch: Moment,
    after: Moment,
    before: Moment,
    share: float,
    random: np.random.Generator,
) -> None:
    """Let a share of the cases take a branch between two steps."""
    taken = random.random(occurred.shape[1]) < share
    occurred[branch] = np.where(taken, between(occurred, after, before, random), NAT)


def between(occurred: Times, after: Moment, before: Moment, random: np.random.Generator) -> Times:
    """An instant between two steps of each case."""
    room = seconds(occurred[before] - occurred[after])
    instants: Times = occurred[after] + span(room * random.uniform(0.1, 0.9, len(room)))
    return instants


def _after_closing(occurred: Times, random: np.random.Generator) -> None:
    """回访 of most cases within three days, 归档 of all."""
    closed = occurred[Moment.CLOSED]
    count = len(closed)
    waited = random.uniform(0.15, 2.8, count) * DAY
    visited = closed + span(in_office_hours(closed, waited, random))
    occurred[Moment.VISITED] = np.where(random.random(count) < VISITED, visited, NAT)
    known = np.fmax(occurred[Moment.VISITED], closed)
    archived = in_office_hours(known, random.uniform(0.05, 2.0, count) * DAY, random)
    occurred[Moment.ARCHIVED] = known + span(archived)


def _sign_due(dispatched: Times) -> Times:
    """签收时限: two hours of office time (8:30 to 17:30) after dispatch."""
    midnight = (dispatched + OFFSET).astype("datetime64[D]") - OFFSET
    of_day = seconds(dispatched - midnight)
    morning = np.where(of_day > 15.5 * HOUR, DAY, 0) + 10.5 * HOUR
    in_office = (of_day >= 8.5 * HOUR) & (of_day <= 15.5 * HOUR)
    carried = of_day + 2 * HOUR + 15 * HOUR  # over the night: 17:30 to 8:30
    evening = (of_day > 15.5 * HOUR) & (of_day < 17.5 * HOUR)
    return midnight + span(
        np.where(in_office, of_day + 2 * HOUR, np.where(evening, carried, morning))
    )


def _recorded(occurred: Times, random: np.random.Generator) -> Times:
    """Most is recorded as it happens; some registrations and steps minutes to hours later."""
    count = occurred.shape[1]
    share = np.full((len(Moment), 1), LATE_STEP)
    share[Moment.REGISTERED] = LATE_RECORDED
    is_late = random.random(occurred.shape) < share
    delay = 5 * 60 + random.exponential(1.5 * HOUR, (len(Moment), count))
    return in_order(occurred, np.where(is_late, delay.clip(max=2 * DAY), 0))


def _holders(province: Province, registered: Registered, course: Course) -> Array:
    """Centre until dispatch, then the unit; another one after 退回, a department after 上报."""
    county, town = registered.county, province.grid_town[registered.grid]
    units = province.county_units
    department = units[county, registered.class_index % units.shape[1]]
    other = units[county, (registered.class_index + 3) % units.shape[1]]
    is_returned = ~np.isnat(course.occurred[Moment.RETURNED])
    is_county = course.level == LEVELS[2]
    escalated = course.occurred[Moment.ESCALATED]
    centre = province.county_centre[county]
    first = np.where(is_county & np.isnat(escalated), department, province.town_unit[town])
    second = np.where(is_returned, other, first)
    holder = np.tile(second, (len(Moment), 1))
    holder[: Moment.DISPATCHED] = centre
    holder[Moment.DISPATCHED] = first
    after = course.occurred >= escalated  # NaT compares false
    return np.where(after, department, holder)


def _facts(
    province: Province, registered: Registered, day: date, random: np.random.Generator
) -> dict[str, Array]:
    """Columns that are known when the incident is registered."""
    grid, county = registered.grid, registered.county
    count = len(grid)
    channels = np.array([channel.encode() for channel in province.channels])
    channel = channels[random.choice(len(channels), count, p=province.channel_shares)]
    is_hotline = channel == b"hotline"
    facts: dict[str, Array] = {
        "home_county_id": province.county_id[county],
        "source_id": np.where(is_hotline, HOTLINE_SOURCE, GRID_SOURCE),
        "case_no": case_numbers(b"G", day, province.county_id[county]),
        "registered_month": np.full(count, np.datetime64(day.replace(day=1), "D")),
        "category": registered.category,
        "class_code": province.incident_classes.code[registered.class_index],
        "is_sensitive": province.incident_classes.is_sensitive[registered.class_index],
        "is_emergency": registered.is_emergency,
        "grid_id": province.grid_id[grid],
        "region_id": province.grid_id[grid],
        "county_id": province.county_id[county],
        "town_id": province.town_id[province.grid_town[grid]],
        "channel": channel,
        "registered_at": registered.at,
    }
    if province.platforms:
        platforms = np.array([platform.encode() for platform in province.platforms])
        facts["platform"] = platforms[registered.class_index % len(platforms)]
    return facts | _places(province, grid, county, random)


def _places(
    province: Province, grid: Integers, county: Integers, random: np.random.Generator
) -> dict[str, Array]:
    """Points within the grids, some missing, some on a coordinate that many cases share."""
    count = len(grid)
    radius = province.grid_radius_km[grid] * np.sqrt(random.random(count))
    angle = random.uniform(0, 2 * np.pi, count)
    lat = province.grid_lat[grid] + radius * np.sin(angle) / KM_PER_DEGREE_LATITUDE
    lon = province.grid_lon[grid] + radius * np.cos(angle) / KM_PER_LONGITUDE
    fate = random.random(count)
    is_missing = fate < WITHOUT_PLACE
    is_default = ~is_missing & (fate < WITHOUT_PLACE + AT_DEFAULT_PLACE)
    lon = np.where(is_default, province.county_lon[county], lon.round(6))
    lat = np.where(is_default, province.county_lat[county], lat.round(6))
    cell_x, cell_y = cell_of(lon, lat, CELL_KM, ORIGIN)
    is_point = ~is_missing & ~is_default
    return {
        "lon": np.where(is_missing, np.nan, lon),
        "lat": np.where(is_missing, np.nan, lat),
        "location_quality": np.where(
            is_missing, b"none", np.where(is_default, b"default", b"point")
        ),
        "cell_x": np.where(is_point, cell_x, NULL),
        "cell_y": np.where(is_point, cell_y, NULL),
    }


def case_numbers(prefix: bytes, day: date, county_id: Integers) -> Array:
    """Numbers like G20251120-330102-0001: counted in each county from the day's first case."""
    order = np.argsort(county_id, kind="stable")
    ordered = county_id[order]
    first = np.searchsorted(ordered, ordered, side="left")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order)) - first + 1
    head = np.bytes_(prefix + f"{day:%Y%m%d}-".encode())
    texts = np.char.add(head, _digits(county_id, 6))
    return np.char.add(np.char.add(texts, b"-"), _digits(number, 4))


def _digits(numbers: Integers, width: int) -> Array:
    """Numbers as texts of a fixed width, leading zeros included."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    return np.ascontiguousarray(digits).view(f"S{width}")[:, 0]


def _later(
    province: Province, registered: Registered, course: Course, random: np.random.Generator
) -> tuple[Later, ...]:
    """Columns that change with a step, and corrections of class and category."""
    category, class_index = _corrected(province, registered, course, random)
    return (
        Later("due_at", Moment.EXTENDED, course.extended_due),
        Later("resolved_level", Moment.CLOSED, course.level),
        Later(
            "is_satisfied",
            Moment.VISITED,
            np.where(course.visit_is_valid, course.visit_is_satisfied.astype(np.int64), NULL),
        ),
        Later("category", Moment.CORRECTED, category),
        Later("class_code", Moment.CORRECTED, province.incident_classes.code[class_index]),
        Later(
            "is_sensitive",
            Moment.CORRECTED,
            province.incident_classes.is_sensitive[class_index],
        ),
    )


def _corrected(
    province: Province, registered: Registered, course: Course, random: np.random.Generator
) -> tuple[Array, Integers]:
    """Category and class after a correction, whose time is set for a few cases."""
    count = len(registered.grid)
    names = list(CATEGORY_SHARES)
    draw = random.random(count)
    category = np.searchsorted(np.sort(names), registered.category.astype(str))
    numbers = np.array([names.index(name) for name in np.sort(names)])[category]
    moved = draw < CORRECTED * RECATEGORISED
    numbers = np.where(
        moved, (numbers + random.integers(1, len(names), count)) % len(names), numbers
    )
    class_index = _classes(province, numbers, random.random(count))
    after = registered.at + span(random.uniform(0.5, 72.0, count) * HOUR)
    course.occurred[Moment.CORRECTED] = np.where(draw < CORRECTED, after, NAT)
    return np.array([name.encode() for name in names])[numbers], class_index


def seconds(spans: Array) -> Floats:
    """Spans as float seconds."""
    return spans.astype("timedelta64[s]").astype(np.float64)


def span(values: Floats | float) -> Array:
    """Seconds as whole-second spans."""
    return np.rint(values).astype(np.int64).astype("timedelta64[s]")
