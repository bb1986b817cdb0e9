"""The conditions of `dashboard.quality_checks` in SQL: the same for a count and for its list.

For a table `i` of incidents or disputes, left-joined with `regions r` on the region as registered.
Parameters: `:zone`, besides those of `FROM_WHERE`.
"""

from collections.abc import Iterable

from dashboard.quality_checks import (
    ALL_ROWS,
    ANY_GAP,
    DISPUTES,
    INCIDENTS,
    CaseCheck,
    checks_of,
)

CLASS_LISTS = {INCIDENTS: "incident_class", DISPUTES: "dispute_class"}
LOCAL_DAY = "(i.registered_at at time zone :zone)::date"

# Base (which rows are looked at) and what a row of it lacks.
_CONDITIONS = {
    "no_limit": ("true", "i.due_at is null"),
    "no_point": ("true", "i.location_quality <> 'point'"),
    "no_grid": ("true", "i.grid_id is null"),
    "no_class": (
        "true",
        "coalesce(i.class_code, '') <> all (array("
        "select code from codes where list_key = '{class_list}'))",
    ),
    "no_town": ("true", "i.town_id is null"),
    "no_holder": ("true", "i.holder_id is null"),
    "no_level": ("i.closed_at is not null", "i.resolved_level is null"),
    "no_method": ("i.mediation_ended_at is not null", "i.method is null"),
    "doubtful_times": ("true", "i.has_doubtful_times"),
    "unknown_region": (
        "true",
        "(r.id is null or"
        " coalesce(i.registered_at >= r.valid_to::timestamp at time zone :zone, false))",
    ),
}

# Code of the reason for which a row is named (`dashboard.quality_checks.REASONS`).
_REASONS = {
    "no_point": "i.location_quality",
    "no_class": "case when i.class_code is null then 'empty' else 'not_listed' end",
    "doubtful_times": (
        "case when i.closed_at < i.registered_at then 'closed_early' else 'doubtful' end"
    ),
    "unknown_region": "case when r.id is null then 'unknown' else 'abolished' end",
}


def reason(check: str, subject: str) -> str:
    """Why the check names a row: a code of its own, or the keys of all checks that name it."""
    if check in (ALL_ROWS.key, ANY_GAP.key):
        keys = (
            f"case when {missing(each.key, subject)} then '{each.key}' end"
            for each in checks_of(subject)
        )
        return f"concat_ws(',', {', '.join(keys)})"
    return _REASONS.get(check, "'empty'")


def base(check: str) -> str:
    """The rows that the check looks at."""
    return _CONDITIONS[check][0]


def missing(check: str, subject: str) -> str:
    """The rows that the check names; each is one of its base."""
    if check == ALL_ROWS.key:
        return "true"
    if check == ANY_GAP.key:
        return f"({any_gap(subject)})"
    condition = _CONDITIONS[check][1].format(class_list=CLASS_LISTS[subject])
    return f"({_CONDITIONS[check][0]} and {condition})"


def bits(subject: str) -> Iterable[tuple[CaseCheck, int]]:
    """Every check of a subject with its bit in the numbers of `bases_met` and `checks_missed`."""
    return ((check, 1 << place) for place, check in enumerate(checks_of(subject)))


def bases_met(subject: str) -> str:
    """A number whose bits tell which checks look at the row."""
    return _numbered((base(check.key), bit) for check, bit in bits(subject))


def checks_missed(subject: str) -> str:
    """A number whose bits tell which checks name the row; 0: it has no gap."""
    return _numbered((missing(check.key, subject), bit) for check, bit in bits(subject))


def _numbered(conditions: Iterable[tuple[str, int]]) -> str:
    return " + ".join(
        f"case when {condition} then {bit} else 0 end" for condition, bit in conditions
    )


def any_gap(subject: str) -> str:
    """The rows that at least one check names."""
    return " or ".join(missing(check.key, subject) for check in checks_of(subject))


def rows_between(subject: str) -> str:
    """FROM and WHERE of a subject's rows registered in [:start, :end) in `:counties`."""
    if subject not in CLASS_LISTS:
        raise ValueError(f"{subject!r} has no checks")
    return (
        f" from {subject} i left join regions r on r.id = i.region_id"
        " where i.registered_at >= :start and i.registered_at < :end"
        " and i.county_id = any(:counties)"
    )
