"""Making a staged batch visible: one transaction, set by set, nothing before and all after it.

New cases are inserted, differing ones updated (triggers keep the old row), equal ones untouched.
A case's key is fixed at first sight: a case that the file now places elsewhere keeps its
home_county_id and registered_month. Only columns that the mapping maps are ever compared or
written. Steps of new cases go in before the cases, so that the trigger which carries step times
to their case finds nothing to do. Steps are never changed or removed: a deleted case that comes
again finds its own.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from data_access import rollups
from data_access.imports import reference_rows
from data_access.imports.batches import Batch
from data_access.imports.case_mapping import MILESTONES, CaseMapping
from data_access.imports.importing import Published
from data_access.live_schema import STEP_COUNTS, STEP_TIMES, TOLD_BY_STEPS
from data_access.red_cards import RED_CARD_PRESUMED, RED_CARD_WORKDAYS

KEY = "home_county_id, source_id, case_no, registered_month"
# That a step `t` is of the case in a row `a` of `arriving`.
OF_CASE = (
    "(t.subject, t.home_county_id, t.source_id, t.case_no, t.registered_month)"
    " = (:subject, a.home_county_id, :source, a.case_no, a.key_month)"
)
LAST_STEP_NO = f"(select coalesce(max(t.step_no), 0) from steps t where {OF_CASE})"
# For the joins of a whole file, in one session only.
WORK_MEMORY = "256MB"


def publish(
    connection: Connection,
    batch: Batch,
    mapping: CaseMapping,
    *,
    refresh_rollups: Callable[[Connection], None] | None = None,
) -> Published:
    """Publish a staged batch within the caller's transaction.

    With `refresh_rollups`, and where more new cases arrive than there are, triggers are passed
    over and the callback brings the roll-ups up to date; otherwise the triggers append deltas.
    Passing over triggers needs a superuser (`session_replication_role`).
    """
    connection.execute(text("set local statement_timeout = 0"))
    connection.execute(text(f"set local work_mem = '{WORK_MEMORY}'"))
    reference_rows.ensure(connection, mapping, batch.source_id)
    _resolve(connection, batch, mapping)
    _find_restored(connection, batch, mapping)
    _keep_doubts_of_steps(connection, batch, mapping)
    count_anew = refresh_rollups if refresh_rollups and _are_most(connection) else None
    if count_anew:
        connection.execute(text("set local session_replication_role = replica"))
    steps = _append_steps_of_new(connection, batch, mapping)
    steps += _append_steps_of_restored(connection, batch, mapping)
    inserted = _insert_new(connection, batch, mapping)
    updated = _update_changed(connection, batch, mapping)
    steps += _append_steps_of_changed(connection, batch, mapping)
    _renew_doubts(connection, batch)
    if count_anew:
        _announce(connection, mapping)
        connection.execute(text("set local session_replication_role = origin"))
        count_anew(connection)
    else:
        # The mapping may have brought classes that are sensitive.
        rollups.follow_classes(connection)
    arrived = _counted(connection, "select count(*) from arriving")
    _note_last_row(connection, batch)
    return Published(inserted, updated, arrived - inserted - updated, steps)


def _are_most(connection: Connection) -> bool:
    """Whether only new cases arrive, and more than there are: counting all anew costs as much as
    there are then, deltas as much as arrive. None may be of an archived month, which only a
    trigger refuses.
    """
    arriving = _counted(connection, "select count(*) from arriving")
    others = "not is_new or key_month < (select max(before) from archived_months)"
    if _counted(connection, f"select count(*) from arriving where {others}"):
        return False
    there = sum(
        _counted(connection, f"select count(*) from (select from {table} limit {arriving}) t")
        for table in ("incidents", "disputes")
    )
    return there < arriving


def _counted(connection: Connection, statement: str) -> int:
    return int(connection.scalar(text(statement)) or 0)


def _owned(mapping: CaseMapping) -> list[str]:
    """Columns of the table that this file states, in the names of the table."""
    owned = ["region_id", "county_id", "town_id", "class_code"]
    owned += ["grid_id", "category"] if mapping.kind == "incidents" else []
    owned += ["is_sensitive", "has_doubtful_times"]
    owned += [time for time in mapping.columns.times() if time != "recorded_at"]
    owned += ["channel"] if mapping.channel else []
    owned += ["holder_id"] if mapping.holder else []
    owned += ["centre_id"] if mapping.centre else []
    owned += list(mapping.choices)
    owned += ["platform"] if mapping.platform else []
    if mapping.location:
        owned += ["lon", "lat", "location_quality", "cell_x", "cell_y"]
    return owned


def _steps_known(mapping: CaseMapping) -> list[str]:
    """Mapped milestones in the order of the workflow."""
    mapped = mapping.columns.times()
    return [time for time in MILESTONES if time in mapped]


def _resolve(connection: Connection, batch: Batch, mapping: CaseMapping) -> None:
    """Temporary table `arriving`: staged rows with ids for codes, keys, and what is to be done.

    A region is the version valid on the day of registration; where none was, the latest one. One
    that lay in no county is passed over: a case has to have one. Every region of the batch is
    known by now; the outer join lets the planner expect every row, where an inner one made it
    expect few and look each case up month by month. Doubts are compared when those of the case's
    steps are known.
    """
    others = [name for name in _owned(mapping) if name != "has_doubtful_times"]
    differs = (
        f"({', '.join(f'i.{name}' for name in others)}) is distinct from"
        f" ({', '.join(f'n.{name}' for name in others)})"
    )
    before = ", ".join(f"i.{time} as was_{time}" for time in MILESTONES)
    connection.execute(
        text(
            f"""
            create temporary table arriving on commit drop as
            with local as (
              select s.*, (s.registered_at at time zone :zone)::date as registered_on
              from {batch.table} s
            ), regions_by_day as (
              select distinct on (s.region_code, s.registered_on)
                s.region_code, s.registered_on, r.id, r.county_id, r.town_id,
                case when r.level = 'grid' then r.id end as grid_id
              from (select distinct region_code, registered_on from local) s
              join regions r on r.code = s.region_code
              order by s.region_code, s.registered_on, r.county_id is null,
                (r.valid_from <= s.registered_on
                 and s.registered_on < coalesce(r.valid_to, 'infinity')) desc,
                r.valid_from desc
            ), named as (
              select s.*, r.id as region_id, r.county_id, r.town_id, r.grid_id,
                o.id as holder_id, m.id as centre_id, cast(:platform as text) as platform,
                coalesce(c.is_sensitive, false) as is_sensitive
              from local s
              left join regions_by_day r using (region_code, registered_on)
              left join organisations o on o.code = s.holder_code
              left join organisations m on m.code = s.centre_code
              left join codes c on c.list_key = :list_key and c.code = s.class_code
            )
            select n.*, i.case_no is null as is_new,
              i.case_no is not null and {differs} as is_changed,
              i.has_doubtful_times as was_doubtful,
              coalesce(i.home_county_id, n.county_id) as home_county_id,
              coalesce(i.registered_month, n.registered_month) as key_month, {before}
            from named n
            left join {mapping.table} i on i.source_id = :source and i.case_no = n.case_no
            """
        ),
        {
            "source": batch.source_id,
            "zone": mapping.database.zone,
            "platform": mapping.platform,
            "list_key": mapping.classes.list_key,
        },
    )
    connection.execute(text("analyze arriving (line, case_no, key_month, is_new, is_changed)"))


def _find_restored(connection: Connection, batch: Batch, mapping: CaseMapping) -> None:
    """Temporary table `restored`: lines of deleted cases that come again, with what their steps
    tell. They are few, and looked up one by one (`lateral`).
    """
    connection.execute(
        text(
            f"""
            create temporary table restored on commit drop as
            select a.line, told.*,
              array(select t.step || t.occurred_at from steps t where {OF_CASE}) as taken
            from (
              select distinct a.line, a.home_county_id, a.case_no, a.key_month
              from arriving a
              join case_versions v
                on (v.subject, v.home_county_id, v.source_id, v.case_no, v.registered_month)
                  = (:subject, a.home_county_id, :source, a.case_no, a.key_month)
              where a.is_new and v.is_deletion
            ) a
            cross join lateral (
              select {TOLD_BY_STEPS} from steps t
              where {OF_CASE} and t.step <> 'registered'
            ) told
            """
        ),
        {"subject": mapping.subject, "source": batch.source_id},
    )


def _keep_doubts_of_steps(connection: Connection, batch: Batch, mapping: CaseMapping) -> None:
    """Doubt cases with steps before their registration, whatever their own times say.

    Where the file has a time of the step, that one counts: it may be the correction. Steps are
    looked up where the doubt would go, or the registration comes later than it was; a scalar
    subquery is never planned as a join with all steps.
    """
    is_not_stated = " ".join(
        f"when '{time.removesuffix('_at')}' then a.{time} is null" for time in _steps_known(mapping)
    )
    connection.execute(
        text(
            f"""
            update arriving a set has_doubtful_times = true
            where not a.has_doubtful_times
              and (a.was_doubtful or a.registered_at > a.was_registered_at
                or a.line in (select line from restored))
              and (
                select bool_or(case t.step {is_not_stated} else true end) from steps t
                where {OF_CASE} and t.occurred_at < a.registered_at)
            """
        ),
        {"subject": mapping.subject, "source": batch.source_id},
    )
    connection.execute(
        text(
            "update arriving set is_changed = true"
            " where not is_new and not is_changed and has_doubtful_times <> was_doubtful"
        )
    )


def _append_steps_of_new(connection: Connection, batch: Batch, mapping: CaseMapping) -> int:
    """Steps of cases not seen before, numbered in the order of the workflow."""
    rows = (
        "select a.* from arriving a"
        " where a.is_new and not exists (select from restored r where r.line = a.line)"
    )
    return _append_steps(connection, batch, mapping, rows, "true", "0")


def _append_steps_of_restored(connection: Connection, batch: Batch, mapping: CaseMapping) -> int:
    """A step for each milestone that the case's steps have not, or have at another time."""
    rows = "select a.*, r.taken from arriving a join restored r on r.line = a.line"
    differs = "'{step}' || a.{time} <> all (a.taken)"
    return _append_steps(connection, batch, mapping, rows, differs, LAST_STEP_NO)


def _append_steps_of_changed(connection: Connection, batch: Batch, mapping: CaseMapping) -> int:
    """A step for each milestone that is new or has another time; earlier steps stand.

    Runs after the case has its new times, so the trigger on steps finds them there.
    """
    rows = "select a.* from arriving a where a.is_changed"
    differs = "a.{time} is distinct from a.was_{time}"
    return _append_steps(connection, batch, mapping, rows, differs, LAST_STEP_NO)


def _append_steps(
    connection: Connection,
    batch: Batch,
    mapping: CaseMapping,
    rows: str,
    differs: str,
    last_no: str,
) -> int:
    steps = {time: time.removesuffix("_at") for time in _steps_known(mapping)}
    happened = [
        f"(a.{time} is not null and {differs.format(time=time, step=step)})"
        for time, step in steps.items()
    ]
    milestones = ", ".join(
        f"({' + '.join(f'{each}::int' for each in happened[: place + 1])},"
        f" '{step}', a.{time}, {happened[place]})"
        for place, (time, step) in enumerate(steps.items())
    )
    return connection.execute(
        text(
            f"""
            insert into steps
              (subject, {KEY}, step_no, step, holder_id, occurred_at, recorded_at)
            select :subject, a.home_county_id, :source, a.case_no, a.key_month,
              {last_no} + m.ordinal, m.step, a.holder_id, m.at, coalesce(a.recorded_at, m.at)
            from ({rows}) a
            cross join lateral (values {milestones}) as m (ordinal, step, at, has_happened)
            where m.has_happened
            """
        ),
        {"subject": mapping.subject, "source": batch.source_id},
    ).rowcount


def _insert_new(connection: Connection, batch: Batch, mapping: CaseMapping) -> int:
    """New cases; without a column for it, recording is presumed at the time of registration.

    Of a deleted case that comes again, what the file does not state is as its steps tell.
    """
    owned = _owned(mapping)
    values = {name: f"a.{name}" for name in owned}
    told = (name for name in (*STEP_TIMES.values(), "holder_id") if name not in owned)
    values |= {name: f"r.{name}" for name in told}
    values |= {name: f"coalesce(r.{name}, 0)" for name in STEP_COUNTS.values()}
    return connection.execute(
        text(
            f"""
            insert into {mapping.table}
              ({KEY}, recorded_at, is_recorded_presumed, red_card_at, {", ".join(values)})
            select a.home_county_id, :source, a.case_no, a.key_month,
              coalesce(a.recorded_at, a.registered_at), a.recorded_at is null,
              case when later.day is not null then
                (later.day + (a.due_at at time zone :zone)::time) at time zone :zone
              else a.due_at + cast(:presumed as interval) end,
              {", ".join(values.values())}
            from arriving a
            left join restored r on r.line = a.line
            left join work_calendar due on due.day = (a.due_at at time zone :zone)::date
            left join work_calendar later
              on later.workday_no = due.workday_no + :workdays and later.is_workday
            where a.is_new
            order by a.key_month, a.county_id, a.registered_at
            """
        ),
        {
            "source": batch.source_id,
            "zone": mapping.database.zone,
            "workdays": RED_CARD_WORKDAYS,
            "presumed": RED_CARD_PRESUMED,
        },
    ).rowcount


def _update_changed(connection: Connection, batch: Batch, mapping: CaseMapping) -> int:
    """Corrections: the trigger keeps the row as it was, and sets 红牌 anew with the limit."""
    assignments = ", ".join(f"{name} = a.{name}" for name in _owned(mapping))
    return connection.execute(
        text(
            f"""
            update {mapping.table} i set {assignments}
            from arriving a
            where a.is_changed and i.home_county_id = a.home_county_id and i.source_id = :source
              and i.case_no = a.case_no and i.registered_month = a.key_month
            """
        ),
        {"source": batch.source_id},
    ).rowcount


def _renew_doubts(connection: Connection, batch: Batch) -> None:
    """Doubts of the cases in this file: new ones added, ones no longer held removed."""
    connection.execute(
        text(
            """
            create temporary table doubted on commit drop as
            select a.home_county_id, a.case_no, a.key_month, f.check_name
            from import_findings f join arriving a using (line)
            where f.batch_id = :batch and f.is_rejection = 0
            """
        ),
        {"batch": batch.id},
    )
    connection.execute(
        text(
            """
            delete from case_doubts d using arriving a
            where not a.is_new and d.source_id = :source and d.case_no = a.case_no
              and d.home_county_id = a.home_county_id and d.registered_month = a.key_month
              and not exists (
                select from doubted n
                where n.case_no = d.case_no and n.check_name = d.check_name)
            """
        ),
        {"source": batch.source_id},
    )
    connection.execute(
        text(
            f"""
            insert into case_doubts ({KEY}, check_name)
            select home_county_id, :source, case_no, key_month, check_name from doubted
            on conflict do nothing
            """
        ),
        {"source": batch.source_id},
    )


def _announce(connection: Connection, mapping: CaseMapping) -> None:
    """The feed's rows that the triggers would have written."""
    connection.execute(
        text(
            "insert into outbox (subject, county_id)"
            " select distinct :table, county_id from arriving"
        ),
        {"table": mapping.table},
    )
    connection.execute(text("select pg_notify('cockpit_changes', '')"))


def _note_last_row(connection: Connection, batch: Batch) -> None:
    """The source's newest row, by the times of its cases."""
    connection.execute(
        text(
            """
            update sources set last_row_at = greatest(last_row_at, (
              select max(greatest(registered_at, closed_at)) from arriving))
            where id = :source
            """
        ),
        {"source": batch.source_id},
    )
