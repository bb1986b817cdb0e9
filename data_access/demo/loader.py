"""Fills the demo database: everything at first in bulk, what is missing at later starts.

The fact `demo_fill` holds {version, seed, since, filled_until, state}. State "filling": a first
fill was cut short, and the next start begins it anew. Here: the order of the work. Not here: what
the cases are (`cases`, `disputes`, `daily_figures`), live writing (`writer`).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, insert, text

from dashboard.periods import next_month
from data_access import facts, rollups, schema
from data_access.binary_copy import copy_into
from data_access.demo import daily_figures, province
from data_access.demo.applying import CASE_TABLES, apply
from data_access.demo.case_days import (
    Array,
    CaseDay,
    agreements_known,
    by_key,
    joined_days,
    known_columns,
    steps_between,
    visits_between,
)
from data_access.demo.cases import day_of_incidents
from data_access.demo.changes import ZONE, Changes, Window, instant, local_day
from data_access.demo.disputes import day_of_disputes
from data_access.demo.generation import FILL, drop_other_versions, generator_version
from data_access.demo.month_partitions import load_month
from data_access.demo.province import Province
from data_access.demo.reference_loader import load_reference
from data_access.demo.table_columns import joined, step_columns, table_columns
from data_access.demo.versions import load_versions
from data_access.partitions import PARTITIONED_TABLES, ensure_months

SINCE_DAYS = 400
WORKERS = 2
# A longer gap is quicker filled anew than caught up with.
LONGEST_GAP_DAYS = 25
PLAIN_TABLES = ("return_visits", "agreements", "receptions", "staffing", "patrols")
STAFFING_INDEXES = ("ix_staffing_day_county_id", "ix_patrols_day_county_id")
Report = Callable[[str, int, int], None]
Rebuild = Callable[[Connection], None]
Raw = psycopg.Connection[Any]


@dataclass(frozen=True)
class Fill:
    """What is filled: cases registered from the local day `since`, as known at `until`."""

    province: Province
    seed: int
    since: date
    until: datetime

    def months(self) -> list[date]:
        """First days of the months with cases."""
        months, last = [self.since.replace(day=1)], local_day(instant(self.until))
        while next_month(months[-1]) <= last:
            months.append(next_month(months[-1]))
        return months

    def days(self, month: date | None = None) -> Iterator[date]:
        """Local days with cases, of one month or all."""
        last = local_day(instant(self.until))
        for k in range((last - self.since).days + 1):
            day = self.since + timedelta(days=k)
            if month is None or day.replace(day=1) == month:
                yield day


def filled_with(seed: int, until: datetime | None) -> Callable[[URL, Report], None]:
    """A filling for an installation: reference rows, first fill, or what is missing since."""

    def fill_or_catch_up(url: URL, report: Report) -> None:
        drop_other_versions(url, report)
        engine = create_engine(url, hide_parameters=True)
        try:
            bring_up_to_date(engine, seed=seed, until=_aware(until), progress=report)
        finally:
            engine.dispose()

    return fill_or_catch_up


def _aware(until: datetime | None) -> datetime:
    """The instant meant: now for None, local time where no zone is given."""
    if until is None:
        return datetime.now(UTC)
    return until if until.tzinfo else until.replace(tzinfo=ZONE)


def bring_up_to_date(engine: Engine, *, seed: int, until: datetime, progress: Report) -> None:
    """Reference rows if there are none, a first fill if none was finished, else the gap."""
    with engine.begin() as connection:
        if connection.scalar(text("select not exists (select 1 from regions)")):
            progress("生成区划", 0, 1)
            load_reference(connection, progress=lambda _: None)
            _note(connection, seed, until.date(), until, "filling")
            progress("生成区划", 1, 1)
        known = facts.read(connection, FILL)
    if known and known["state"] == "filled" and known["seed"] == seed:
        fill_gap(engine, seed=seed, until=until, progress=progress)
    else:
        fill(engine, seed=seed, until=until, progress=progress)


def fill(
    engine: Engine,
    *,
    seed: int,
    until: datetime,
    since_days: int = SINCE_DAYS,
    volume: float = 1.0,
    progress: Report,
    rebuild: Rebuild = rollups.rebuild,
) -> None:
    """The first fill: all rows as known at `until`; whatever cases there were are gone.

    `volume` multiplies the number of cases; a later `fill_gap` must be told the same.

    Needs the owner of the tables. A superuser passes over the triggers and is faster.
    """
    since = local_day(instant(until)) - timedelta(days=since_days)
    with engine.begin() as connection:
        _note(connection, seed, since, until, "filling")
    with engine.begin() as connection:
        place = replace(province.read(connection, until), volume=volume)
        filling = Fill(place, seed, since, until)
        _empty(connection)
    _load(engine, filling, progress)
    with engine.begin() as connection:
        ensure_months(connection, filling.since, (until + timedelta(days=93)).date())
    with engine.begin() as connection:
        progress("汇总", 0, 1)
        rebuild(connection)
        _announce(connection, filling)
        _note(connection, seed, filling.since, until, "filled")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set default_statistics_target = 20"))
        connection.execute(text(f"analyze {', '.join((*CASE_NAMES, *PLAIN_TABLES))}"))
        connection.execute(text("reset default_statistics_target"))
    progress("汇总", 1, 1)


CASE_NAMES = ("incidents", "disputes")


def _note(connection: Connection, seed: int, since: date, until: datetime, state: str) -> None:
    facts.write(
        connection,
        FILL,
        {
            "version": generator_version(),
            "seed": seed,
            "since": since.isoformat(),
            "filled_until": until.astimezone(UTC).isoformat(),
            "state": state,
        },
    )


def _empty(connection: Connection) -> None:
    """Take away all cases and figures, the months' partitions included."""
    partitions = connection.scalars(
        text(
            "select i.inhrelid::regclass::text from pg_inherits i"
            " where i.inhparent = any(array(select x::regclass "
            " from unnest(cast(:tables as text[])) x))"
            " and pg_get_expr((select relpartbound from pg_class where oid = i.inhrelid),"
            " i.inhrelid) <> 'DEFAULT'"
        ),
        {"tables": list(PARTITIONED_TABLES)},
    ).all()
    left_over = connection.scalars(
        text(
            "select relname from pg_class where relkind = 'r'"
            " and relname ~ '^(incidents|disputes|steps)_[0-9]{6}_filling$'"
        )
    ).all()
    for name in (*partitions, *left_over):
        connection.execute(text(f"drop table {name}"))
    connection.execute(
        text(
            f"truncate {', '.join((*PARTITIONED_TABLES, *PLAIN_TABLES))}, reported_values,"
            " rollup_deltas restart identity"
        )
    )


def _load(engine: Engine, filling: Fill, progress: Report) -> None:
    """Months on a few connections at a time, the largest work first."""
    jobs: list[Callable[[Raw], None]] = [
        partial(_load_daily_figures, filling=filling),
        *(partial(_load_cases, filling=filling, month=month) for month in filling.months()),
    ]
    done = 0
    progress("生成演示数据", 0, len(jobs))
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(_on_own_connection, engine, job) for job in jobs]
        try:
            for future in futures:
                future.result()
                done += 1
                progress("生成演示数据", done, len(jobs))
        finally:
            pool.shutdown(cancel_futures=True)


def _on_own_connection(engine: Engine, job: Callable[[Raw], None]) -> None:
    with closing(engine.raw_connection()) as pooled:
        connection: Raw = pooled.driver_connection  # type: ignore[assignment]
        if connection.info.parameter_status("is_superuser") == "on":
            connection.execute("set session_replication_role = replica")
            # Compressing whole pages of new indexes would cost half of building them.
            connection.execute("set wal_compression = off")
        connection.execute("set synchronous_commit = off")
        connection.execute("set maintenance_work_mem = '256MB'")
        connection.commit()
        try:
            job(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute("reset all")
            connection.commit()


def _load_cases(connection: Raw, filling: Fill, month: date) -> None:
    """A month's incidents and disputes, with steps, visits, agreements and receptions."""
    until = instant(filling.until)
    days = list(filling.days(month))
    arguments = (filling.province, filling.seed)
    incidents = joined_days([day_of_incidents(*arguments, day) for day in days])
    disputes = joined_days([day_of_disputes(*arguments, day) for day in days])
    steps = []
    for cases in (incidents, disputes):
        _load_subject(connection, filling, month, cases)
        visits = visits_between(cases, None, until)
        copy_into(connection, "return_visits", table_columns(schema.return_visits, visits))
        # Sorted rows make the key's index cheap to build.
        rows = steps_between(by_key(cases), None, until)
        steps.append(step_columns(schema.steps, cases.subject, rows))
    load_month(connection, "steps", month, steps)
    for cases in (incidents, disputes):
        load_versions(
            connection,
            CASE_TABLES[cases.subject],
            month,
            cases,
            until=until,
            calendar=filling.province.calendar,
        )
    # At once, as for the months of cases.
    connection.commit()
    agreements = agreements_known(disputes, None, until)
    copy_into(connection, "agreements", table_columns(schema.agreements, agreements))
    for day in days:
        rows = daily_figures.receptions(*arguments, day)
        known = rows["received_at"] <= until
        rows = {name: values[known] for name, values in rows.items()}
        copy_into(connection, "receptions", table_columns(schema.receptions, rows))
    connection.commit()


def _load_subject(connection: Raw, filling: Fill, month: date, cases: CaseDay) -> None:
    table = CASE_TABLES[cases.subject]
    columns = known_columns(cases, instant(filling.until))
    columns["red_card_at"] = filling.province.calendar.red_cards(columns["due_at"])
    load_month(connection, table.name, month, [table_columns(table, columns)])
    # At once: attaching holds a lock that the next month waits for.
    connection.commit()


def _load_daily_figures(connection: Raw, filling: Fill) -> None:
    """Staffing and patrols of all days, sorted by their key; monthly reports."""
    last = local_day(instant(filling.until))
    days = list(filling.days())
    hours = [_last_hour(filling.until) if day == last else daily_figures.HOURS for day in days]
    definitions = _dropped_indexes(connection)
    for table, figures in (
        (schema.staffing, daily_figures.staffing_at),
        (schema.patrols, daily_figures.patrols_at),
    ):
        rows = joined(
            [
                figures(filling.province, filling.seed, day, hour)
                for day, hour in zip(days, hours, strict=True)
            ]
        )
        order = np.argsort(rows["town_id"], kind="stable")
        rows = {name: values[order] for name, values in rows.items()}
        copy_into(connection, table.name, table_columns(table, rows))
    for definition in definitions:
        connection.execute(definition.encode())
    connection.commit()
    months = [
        (filling.since.replace(day=1) - timedelta(days=31 * k)).replace(day=1) for k in (2, 1)
    ] + filling.months()
    _insert_reported(connection, filling, months, datetime.min.replace(tzinfo=UTC))
    connection.commit()


def _dropped_indexes(connection: Raw) -> list[str]:
    """Drop the indexes beside the keys, and tell how to make them again."""
    definitions = []
    for name in STAFFING_INDEXES:
        found = connection.execute("select pg_get_indexdef(%s::regclass)", (name,)).fetchone()
        if found:
            definitions.append(str(found[0]))
            connection.execute(f"drop index {name}".encode())
    return definitions


def _last_hour(until: datetime) -> int:
    return until.astimezone(ZONE).hour


def _insert_reported(connection: Raw, filling: Fill, months: list[date], after: datetime) -> None:
    """Reports of the months that were handed over in (after, until]."""
    for month in months:
        at = daily_figures.reported_on(month).replace(tzinfo=ZONE)
        if not after < at <= filling.until:
            continue
        rows = daily_figures.reported_values(filling.province, filling.seed, month)
        names = list(rows[0])
        marks = ", ".join(["%s"] * (len(names) + 1))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"insert into reported_values ({', '.join(names)}, recorded_at)"
                f" values ({marks}) on conflict do nothing".encode(),
                [[*row.values(), at] for row in rows],
            )


def _announce(connection: Connection, filling: Fill) -> None:
    """Tell the readers that everything changed; the sources were in contact."""
    connection.execute(
        insert(schema.outbox),
        [
            {"subject": "incidents", "county_id": int(county)}
            for county in filling.province.county_id
        ],
    )
    touch_sources(connection, filling.until)


def touch_sources(connection: Connection, at: datetime) -> None:
    """All sources were in contact at an instant and brought something."""
    connection.execute(
        text("update sources set last_contact_at = :at, last_row_at = :at where is_live"),
        {"at": at},
    )


def fill_gap(
    engine: Engine,
    *,
    seed: int,
    until: datetime,
    volume: float = 1.0,
    progress: Report,
    rebuild: Rebuild = rollups.rebuild,
) -> None:
    """What was recorded between the last fill or write and `until`, day by day.

    A gap of many days is filled anew, with the same rows as the result.
    """
    with engine.begin() as connection:
        known = facts.read(connection, FILL)
        since = date.fromisoformat(known["since"])
        after = datetime.fromisoformat(known["filled_until"])
        if until <= after:
            return
        if until - after <= timedelta(days=LONGEST_GAP_DAYS):
            place = replace(province.read(connection, until), volume=volume)
            filling = Fill(place, seed, since, until)
            ensure_months(connection, after.date(), (until + timedelta(days=93)).date())
    if until - after > timedelta(days=LONGEST_GAP_DAYS):
        days = (local_day(instant(until)) - since).days
        fill(
            engine,
            seed=seed,
            until=until,
            since_days=days,
            volume=volume,
            progress=progress,
            rebuild=rebuild,
        )
        return
    window = Window(filling.province, seed, since)
    total = (until - after) // timedelta(days=1) + 1
    for number in range(total):
        progress("补齐演示数据", number, total)
        end = min(after + timedelta(days=1), until)
        catch_up(engine, window, after, end)
        after = end
    progress("补齐演示数据", total, total)


def catch_up(engine: Engine, window: Window, after: datetime, until: datetime) -> int:
    """Write what was recorded in (after, until], in one transaction; returns its rows."""
    changes = window.changes(instant(after), instant(until))
    filling = Fill(window.province, window.seed, window.since or after.date(), until)
    with engine.begin() as connection:
        raw: Raw = connection.connection.driver_connection  # type: ignore[assignment]
        rows = apply(raw, changes, window.province.calendar)
        rows += _grow_daily_figures(raw, filling, after)
        _note_senders(connection, changes, until)
        _note(connection, window.seed, filling.since, until, "filled")
    return rows


def _note_senders(connection: Connection, changes: Changes, at: datetime) -> None:
    """The sources whose cases changed have just sent a row."""
    senders = sorted(changes.senders())
    if senders:
        connection.execute(
            text("update sources set last_row_at = :at where id = any(:ids)"),
            {"at": at, "ids": senders},
        )


def _grow_daily_figures(connection: Raw, filling: Fill, after: datetime) -> int:
    """Staffing and patrols of the hours that have passed, and monthly reports handed over."""
    before, now = after.astimezone(ZONE), filling.until.astimezone(ZONE)
    if (before.date(), before.hour) == (now.date(), now.hour):
        return 0
    months = [(now.date().replace(day=1) - timedelta(days=d)).replace(day=1) for d in (45, 5)]
    _insert_reported(connection, filling, months, after)
    count = 0
    for k in range((now.date() - before.date()).days + 1):
        day = before.date() + timedelta(days=k)
        hour = now.hour if day == now.date() else daily_figures.HOURS
        arguments = (filling.province, filling.seed, day, hour)
        count += _upsert(connection, "staffing", daily_figures.staffing_at(*arguments))
        count += _upsert(connection, "patrols", daily_figures.patrols_at(*arguments))
    return count


def _upsert(connection: Raw, table: str, rows: dict[str, Array]) -> int:
    """Write a day's figures over those of an earlier hour."""
    values = [name for name in rows if name not in ("town_id", "day", "county_id")]
    day = rows["day"][0].item()
    lists = [rows[name].tolist() for name in ("town_id", "county_id", *values)]
    arrays = ", ".join(["%s::int[]"] * len(lists))
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    return connection.execute(
        f"insert into {table} (town_id, county_id, {', '.join(values)}, day)"
        f" select u.*, %s::date from unnest({arrays}) u"
        f" on conflict (town_id, day) do update set {changes}".encode(),
        [day, *lists],
    ).rowcount
