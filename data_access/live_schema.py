"""What makes the database live: triggers that note every change, compiled from the dictionary.

Installed after each migration by `install`, because the functions depend on the dictionary of
indicators, which is data: `CREATE OR REPLACE`, and the roll-ups are rebuilt when what is summed
differs from what was installed.

Foreign writers (psql, COPY, another program) need to know nothing: statement triggers append
roll-up deltas and an outbox row per county, keep versions of corrected rows, and carry the times
of new steps to their case.
"""

import hashlib
from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, text

from dashboard.indicators import ROLLED_UP_FLOWS
from dashboard.vocabulary import Subject
from data_access import facts
from data_access.red_cards import RED_CARD_PRESUMED, RED_CARD_WORKDAYS
from data_access.rollups import spreads
from data_access.rollups.counting import written_sums
from data_access.rollups.tables import GROUPS, SLOTS_FROM

# Facts: fingerprint of all that is installed; that of what writes sums, and the former again: a
# program that does not know of the second writes and deletes the first alone.
INSTALLED, SUMMED = "live_schema", "live_sums"
CHANGES_CHANNEL = "cockpit_changes"
DAILY_FIGURES = ("staffing", "patrols")
# Subjects whose changes reach the wall without a roll-up: read by day, or as they are.
PLAIN_TABLES = (
    *(*DAILY_FIGURES, "reported_values", "targets", "sources"),
    *("regions", "region_lineage", "zone_towns", "population", "codes", "work_calendar"),
    "region_ranking_groups",
)
# What the outbox says, beside the subject itself, of incidents that were deleted, or corrected in
# what no sum tells. Most corrections are longer limits, and are not among them.
CORRECTIONS = "corrections"
ROLLED_UP = tuple(dict.fromkeys(flow.subject for flow in ROLLED_UP_FLOWS))

# What decides whether, where and when an incident is on a map.
MAPPED_COLUMNS = (
    *("category", "class_code", "region_id", "county_id", "town_id", "grid_id"),
    *("is_sensitive", "registered_at"),
    *("lon", "lat", "location_quality", "cell_x", "cell_y"),
)
# What a correction may change on a case; another time of a step is a further step.
VERSIONED_COLUMNS = {
    Subject.INCIDENT: (
        *MAPPED_COLUMNS,
        *("due_at", "is_emergency", "channel", "platform", "has_doubtful_times"),
    ),
    Subject.DISPUTE: (
        *("class_code", "region_id", "county_id", "town_id", "due_at"),
        *("is_sectoral", "registered_at", "channel", "platform", "has_doubtful_times"),
    ),
}
# Known only once the work has come so far: the first value is progress, another one a correction.
OUTCOME_COLUMNS = {
    Subject.INCIDENT: ("sign_due_at", "closed_at", "resolved_level", "is_satisfied"),
    Subject.DISPUTE: (
        *("sign_due_at", "centre_id", "mediation_started_at", "mediation_ended_at", "method"),
        *("is_successful", "resolved_at", "closed_at", "resolved_level", "is_satisfied"),
    ),
}
KEY = "home_county_id, source_id, case_no, registered_month"
STEP_TIMES = {
    "accepted": "accepted_at",
    "dispatched": "dispatched_at",
    "signed": "signed_at",
    "handling": "handling_at",
    "feedback": "feedback_at",
    "closed": "closed_at",
    "visited": "visited_at",
    "archived": "archived_at",
    "returned": "returned_at",
}
STEP_COUNTS = {
    "returned": "return_count",
    "extended": "extension_count",
    "joint": "joint_count",
}
# What steps tell of their case, all of them or new ones; `registered` tells nothing.
TOLD_BY_STEPS = (
    ", ".join(
        [
            f"min(occurred_at) filter (where step = '{step}') as {column}"
            for step, column in STEP_TIMES.items()
        ]
        + [
            f"count(*) filter (where step = '{step}') as {column}"
            for step, column in STEP_COUNTS.items()
        ]
    )
    + """,
      (array_agg(holder_id order by step_no desc) filter (where holder_id is not null))[1]
        as holder_id"""
)

# A plan is made once per connection, for as many rows as the first statement brings, and serves
# one row and ten thousand. So it is told how to join: cases by their key, however many steps came;
# old rows with new ones by hash, however few there were. Each sets all four, since a trigger of
# the one fires a trigger of the other.
PLANNER = ("seqscan", "nestloop", "hashjoin", "mergejoin")
BY_KEY = ("nestloop",)
BY_HASH = ("hashjoin",)


def install(connection: Connection, zone: str) -> bool:
    """Install functions and triggers for a database of this zone.

    Returns whether what is summed differs from what was installed before: then the roll-ups have
    to be rebuilt.
    """
    if is_installed(connection, zone):
        return False
    for statement in _statements(zone):
        connection.exec_driver_sql(statement)
    summed, installed = (
        _fingerprint(statements) for statements in (_summing_statements(zone), _statements(zone))
    )
    known = facts.read(connection, INSTALLED)
    is_summed_alike = known is not None and facts.read(connection, SUMMED) == [summed, known]
    facts.write(connection, INSTALLED, installed)
    facts.write(connection, SUMMED, [summed, installed])
    return not is_summed_alike


def is_installed(connection: Connection, zone: str) -> bool:
    """Whether the triggers are those of this program and zone."""
    return bool(facts.read(connection, INSTALLED) == _fingerprint(_statements(zone)))


def _fingerprint(statements: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def uninstall(connection: Connection) -> None:
    """Remove what `install` has made, so that the next `install` makes it anew."""
    names = connection.scalars(
        text(
            "select p.oid::regprocedure::text from pg_proc p"
            " where p.pronamespace = 'public'::regnamespace and p.prorettype = 'trigger'::regtype"
            " and p.proname like 'cockpit\\_%'"
        )
    ).all()
    for name in names:
        connection.exec_driver_sql(f"drop function {name} cascade")
    if connection.scalar(text("select to_regclass('database_facts')")) is not None:
        connection.execute(
            text("delete from database_facts where key = any(:keys)"),
            {"keys": [INSTALLED, SUMMED]},
        )


@cache
def _summing_statements(zone: str) -> tuple[str, ...]:
    return tuple(
        statement for subject in ROLLED_UP for statement in _rollup_triggers(subject, zone)
    )


@cache
def _statements(zone: str) -> tuple[str, ...]:
    return (*_summing_statements(zone), *_other_statements(zone))


def _other_statements(zone: str) -> Iterable[str]:
    for subject, columns in VERSIONED_COLUMNS.items():
        yield from _version_triggers(subject, columns)
        yield from _red_card_trigger(subject, zone)
    yield from _reception_version_triggers()
    for table in DAILY_FIGURES:
        yield from _daily_figure_version_triggers(table, zone)
    yield from _step_trigger()
    for table in PLAIN_TABLES:
        yield from _plain_triggers(table)


def _rollup_triggers(subject: Subject, zone: str) -> Iterable[str]:
    signed_rows = {
        "insert": "select 1 as sign, n.* from new_rows n",
        "delete": "select -1 as sign, o.* from old_rows o",
        "update": (
            "select 1 as sign, n.* from new_rows n union all select -1 as sign, o.* from old_rows o"
        ),
    }
    for operation, rows in signed_rows.items():
        body = f"""
{_notes(subject, rows, zone)}
  insert into outbox (subject, county_id)
  select distinct '{subject}', t.county_id from ({rows}) t;
  perform pg_notify('{CHANGES_CHANNEL}', '');"""
        yield from _statement_trigger(f"{subject}_{operation}_note", subject, operation, body)


def _notes(subject: Subject, rows: str, zone: str) -> str:
    """INSERTs of the deltas of signed rows: one a moment, since each is in a day of its own."""
    notes = [
        "  insert into rollup_deltas (county_id, town_id, day, slot, "
        + ", ".join(measure.column for measure in group.measures)
        + f")\n  {written_sums(group, rows, zone=zone, slots_from=SLOTS_FROM)};"
        for group in GROUPS
        if group.subject is subject
    ]
    if subject is Subject.INCIDENT:
        notes += [
            f"  insert into spread_deltas ({spreads.COLUMNS})\n"
            f"  {spreads.written(spread, rows, zone)};"
            for spread in spreads.SPREADS
        ]
    return "\n".join(notes)


def _version_triggers(subject: Subject, columns: tuple[str, ...]) -> Iterable[str]:
    changed = (
        f"(({', '.join(f'o.{name}' for name in columns)}) is distinct from"
        f" ({', '.join(f'n.{name}' for name in columns)})"
        + "".join(
            f" or (o.{name} is not null and o.{name} is distinct from n.{name})"
            for name in OUTCOME_COLUMNS[subject]
        )
        # No step tells that a time was taken back.
        + "".join(
            f" or (o.{name} is not null and n.{name} is null)"
            for name in STEP_TIMES.values()
            if name not in OUTCOME_COLUMNS[subject]
        )
        + ")"
    )
    kind = "incident" if subject is Subject.INCIDENT else "dispute"
    keep = (
        "insert into case_versions (subject, home_county_id, source_id, case_no,"
        " registered_month, recorded_from, recorded_to, is_deletion, was)"
        f" select '{kind}', o.home_county_id, o.source_id, o.case_no, o.registered_month,"
        # A case that was deleted and came again was not there in between.
        " greatest((select max(v.recorded_to) from case_versions v"
        f"   where v.subject = '{kind}' and v.home_county_id = o.home_county_id"
        "   and v.source_id = o.source_id and v.case_no = o.case_no"
        "   and v.registered_month = o.registered_month), o.recorded_at),"
        " clock_timestamp(), {deleted}, to_jsonb(o) from old_rows o "
    )
    joined = "join new_rows n using (home_county_id, source_id, case_no, registered_month) where "
    told = {"update": "", "delete": ""}
    if subject is Subject.INCIDENT:
        tell = (
            "\n    insert into outbox (subject, county_id)"
            f" select distinct '{CORRECTIONS}', o.county_id from old_rows o"
        )
        told["delete"] = f"{tell};"
        told["update"] = (
            f"\n  if found then{tell} {joined}"
            f"({', '.join(f'o.{name}' for name in MAPPED_COLUMNS)}) is distinct from"
            f" ({', '.join(f'n.{name}' for name in MAPPED_COLUMNS)});\n  end if;"
        )
    yield from _statement_trigger(
        f"{subject}_update_version",
        subject,
        "update",
        f"\n  {keep.format(deleted='false')}{joined}{changed};{told['update']}",
        BY_HASH,
    )
    yield from _statement_trigger(
        f"{subject}_delete_version",
        subject,
        "delete",
        f"\n  {keep.format(deleted='true')};{told['delete']}",
    )


def _reception_version_triggers() -> Iterable[str]:
    keep = (
        "insert into reception_versions (reception_id, recorded_to, is_deletion, was)"
        " select o.id, clock_timestamp(), {deleted}, to_jsonb(o)"
    )
    yield from _whole_row_version_triggers("receptions", keep, "id")


def _daily_figure_version_triggers(table: str, zone: str) -> Iterable[str]:
    """Of days that are over: within its day a figure is not corrected, it goes on."""
    keep = (
        "insert into daily_figure_versions"
        " (subject, town_id, day, recorded_to, is_deletion, was)"
        f" select '{table}', o.town_id, o.day, clock_timestamp(), {{deleted}}, to_jsonb(o)"
    )
    is_over = f"o.day < (now() at time zone '{zone}')::date"
    yield from _whole_row_version_triggers(table, keep, "town_id, day", is_over)


def _whole_row_version_triggers(
    table: str, keep: str, key: str, which: str = "true"
) -> Iterable[str]:
    """Rows as they were before any change or deletion; `keep` is the INSERT up to its FROM, of the
    old rows `o`, `which` what holds of those that are kept.
    """
    changed = f" join new_rows n using ({key}) where to_jsonb(o) is distinct from to_jsonb(n) and"
    for operation, deleted, those in (("update", "false", changed), ("delete", "true", " where")):
        body = f"\n  {keep.format(deleted=deleted)} from old_rows o{those} {which};"
        yield from _statement_trigger(f"{table}_{operation}_version", table, operation, body)


def _red_card_trigger(subject: Subject, zone: str) -> Iterable[str]:
    """红牌时点: five working days after the limit, same time of day, from the work calendar."""
    name = f"cockpit_{subject}_red_card"
    yield f"""
create or replace function {name}() returns trigger language plpgsql as $$
declare
  local_due timestamp := new.due_at at time zone '{zone}';
begin
  select (later.day + local_due::time) at time zone '{zone}' into new.red_card_at
  from work_calendar today
  join work_calendar later on later.workday_no = today.workday_no + {RED_CARD_WORKDAYS}
    and later.is_workday
  where today.day = local_due::date;
  if not found and new.due_at is not null then
    new.red_card_at := new.due_at + interval '{RED_CARD_PRESUMED}';
  end if;
  return new;
end $$"""
    yield f"drop trigger if exists {name}_insert on {subject}"
    yield (
        f"create trigger {name}_insert before insert on {subject} for each row"
        " when (new.due_at is not null and new.red_card_at is null)"
        f" execute function {name}()"
    )
    yield f"drop trigger if exists {name}_update on {subject}"
    yield (
        f"create trigger {name}_update before update of due_at on {subject} for each row"
        f" when (new.due_at is distinct from old.due_at) execute function {name}()"
    )


def _step_trigger() -> Iterable[str]:
    """A new step's time goes to its case: the earliest of a kind, as each step is taken once.

    A case that knows all of it already is not written again: a loader that has filled the times
    itself would write every row twice. Counts are added up, so a loader that has filled them too
    lets the steps in before their cases.
    """
    # least() leaves nulls aside.
    times = {column: f"least(c.{column}, s.{column})" for column in STEP_TIMES.values()}
    changes = ", ".join(f"{column} = {earliest}" for column, earliest in times.items())
    counts = ", ".join(f"{column} = c.{column} + s.{column}" for column in STEP_COUNTS.values())
    body = "".join(
        f"""
  update {table} c set {changes}, {counts}, holder_id = coalesce(s.holder_id, c.holder_id)
  from (
    select {KEY}, {TOLD_BY_STEPS}
    from new_rows where subject = '{kind}' and step <> 'registered' group by {KEY}
  ) s
  where (c.home_county_id, c.source_id, c.case_no, c.registered_month)
      = (s.home_county_id, s.source_id, s.case_no, s.registered_month)
    and (({", ".join(f"c.{column}" for column in times)})
        is distinct from ({", ".join(times.values())})
      or {" + ".join(f"s.{column}" for column in STEP_COUNTS.values())} > 0
      or c.holder_id is distinct from coalesce(s.holder_id, c.holder_id));"""
        for table, kind in (("incidents", "incident"), ("disputes", "dispute"))
    )
    yield from _statement_trigger("steps_insert_carry", "steps", "insert", body, BY_KEY)


def _plain_triggers(table: str) -> Iterable[str]:
    county = "county_id" if table in DAILY_FIGURES else "0"
    changed_rows = {
        "insert": "new_rows",
        "update": "(select * from new_rows union all select * from old_rows) t",
        "delete": "old_rows",
    }
    for operation, rows in changed_rows.items():
        body = f"""
  insert into outbox (subject, county_id) select distinct '{table}', {county} from {rows};
  perform pg_notify('{CHANGES_CHANNEL}', '');"""
        yield from _statement_trigger(f"{table}_{operation}_note", table, operation, body)


def _statement_trigger(
    name: str, table: str, operation: str, body: str, joins: tuple[str, ...] | None = None
) -> Iterable[str]:
    transition = {
        "insert": "referencing new table as new_rows",
        "update": "referencing old table as old_rows new table as new_rows",
        "delete": "referencing old table as old_rows",
    }[operation]
    settings = (
        ""
        if joins is None
        else "".join(f" set enable_{way} = {'on' if way in joins else 'off'}" for way in PLANNER)
    )
    yield (
        f"create or replace function cockpit_{name}() returns trigger language plpgsql"
        f" security definer set search_path = public, pg_temp{settings} as $$\nbegin{body}\n"
        "  return null;\nend $$"
    )
    yield f"drop trigger if exists cockpit_{name} on {table}"
    yield (
        f"create trigger cockpit_{name} after {operation} on {table} {transition}"
        f" for each statement execute function cockpit_{name}()"
    )
