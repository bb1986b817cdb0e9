"""Roll-ups: one row a region and local day, one column a measure of the compiled dictionary.

Writers only append deltas (triggers in `live_schema`); `fold` adds them up, `rebuild` starts from
the rows, `verify` compares. Which figure is read from here stands in `data_access.sums`.

Days, not hours: the part of a period that is no whole day is always read from the rows by index
(see docs/decisions). Counties, their cities and the root have rows; below the county the cases
themselves are read.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    MetaData,
    Select,
    Table,
    cast,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects import postgresql

from dashboard.indicators import ROLLED_UP_FLOWS
from data_access import facts
from data_access.compiling import (
    TABLES,
    MomentGroup,
    amount_expression,
    measure_condition,
    moment_expression,
    moment_groups,
)

GROUPS = moment_groups(ROLLED_UP_FLOWS)
MEASURES: tuple[str, ...] = tuple(
    measure.column for flow in ROLLED_UP_FLOWS for measure in flow.measures()
)
FOLD_LOCK = 7_301_002

# The table with the columns that `ensure_columns` adds.
rollups = Table(
    "rollups",
    MetaData(),
    Column("region_id", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in MEASURES),
)

# A county's row counts in the county, its city and the root of the tree.
ANCESTORS = """
  select r.id as county_id, a.id as region_id
  from regions r
  join regions a on a.id in (r.id, r.city_id)
    or (a.parent_id is null and a.is_administrative and a.valid_to is null)
  where r.level = 'county' and r.is_administrative and r.valid_to is null"""


def ensure_columns(connection: Connection) -> None:
    """Add a column for every measure that has none; columns no longer used are dropped."""
    present = set(
        connection.scalars(
            text(
                "select column_name from information_schema.columns"
                " where table_schema = current_schema() and table_name = 'rollups'"
            )
        )
    ) - {"region_id", "day"}
    changes = [
        f"add column {name} bigint not null default 0" for name in MEASURES if name not in present
    ]
    changes += [f"drop column {name}" for name in sorted(present - set(MEASURES))]
    if changes:
        connection.exec_driver_sql(f"alter table rollups {', '.join(changes)}")


def rebuild(connection: Connection) -> None:
    """Compute all roll-ups from the rows, in this transaction; pending deltas are dropped.

    One statement counts the rows and drops their deltas: a writer that commits between two would
    be counted twice. The old roll-ups are deleted, since a reader at work would find a truncated
    table empty.
    """
    _lock(connection)
    zone = _zone(connection)
    connection.execute(text("delete from rollups"))
    connection.execute(
        text(f"with counted as (delete from rollup_deltas) {_insert_from_rows(zone)}")
    )
    connection.execute(text("analyze rollups"))


def fold(connection: Connection) -> int:
    """Add the pending deltas to the roll-ups and delete them; returns how many there were.

    Only rows this transaction has seen are deleted, so a delta that commits later is never lost.
    """
    _lock(connection)
    added = ", ".join(
        f"coalesce(sum(d.amount) filter (where d.measure = '{name}'), 0)" for name in MEASURES
    )
    names = ", ".join(MEASURES)
    updates = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in MEASURES)
    return (
        connection.scalar(
            text(
                f"""
with taken as (
  delete from rollup_deltas
  where id in (select id from rollup_deltas for update skip locked)
  returning county_id, day, measure, amount
), folded as (
  insert into rollups as r (region_id, day, {names})
  select a.region_id, d.day, {added}
  from taken d join ({ANCESTORS}) a on a.county_id = d.county_id
  group by 1, 2
  on conflict (region_id, day) do update set {updates}
)
select count(*) from taken"""
            )
        )
        or 0
    )


def differences(connection: Connection) -> int:
    """Number of region-days whose roll-up plus pending deltas differ from the rows; 0 is exact."""
    names = ", ".join(MEASURES)
    sums = ", ".join(f"sum({name}) as {name}" for name in MEASURES)
    pending = ", ".join(
        f"coalesce(sum(d.amount) filter (where d.measure = '{name}'), 0)::bigint as {name}"
        for name in MEASURES
    )
    statement = f"""
with stored as (
  select region_id, day, {sums} from (
    select region_id, day, {names} from rollups
    union all
    select a.region_id, d.day, {pending}
    from rollup_deltas d join ({ANCESTORS}) a on a.county_id = d.county_id group by 1, 2
  ) s group by 1, 2
), counted as ({_select_from_rows(_zone(connection))})
select count(*) from stored s full join counted c using (region_id, day)
where ({", ".join(f"coalesce(s.{name}, 0)" for name in MEASURES)})
   <> ({", ".join(f"coalesce(c.{name}, 0)" for name in MEASURES)})"""
    return connection.scalar(text(statement)) or 0


def _insert_from_rows(zone: str) -> str:
    names = ", ".join(MEASURES)
    return f"insert into rollups (region_id, day, {names}) {_select_from_rows(zone)}"


def _select_from_rows(zone: str) -> str:
    """Region, day and all measures from the rows: one scan per moment, then added up."""
    parts = union_all(*(_daily_sums(group, zone) for group in GROUPS))
    scans = str(
        parts.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    )
    totals = ", ".join(f"sum(p.{name})::bigint as {name}" for name in MEASURES)
    # County-days first, so that the ancestors add up few rows instead of all parts.
    return f"""
select a.region_id, p.day, {totals}
from (
  select p.county_id, p.day, {totals} from ({scans}) p group by 1, 2
) p join ({ANCESTORS}) a on a.county_id = p.county_id
group by 1, 2"""


def _daily_sums(group: MomentGroup, zone: str) -> Select[tuple[int, ...]]:
    rows = TABLES[group.subject]
    at = moment_expression(group.moment, rows)
    day = cast(func.timezone(zone, at), Date).label("day")
    mine: dict[str, ColumnElement[int]] = {
        measure.column: func.coalesce(
            func.sum(amount_expression(measure.flow.amount, rows)).filter(
                measure_condition(measure, rows, None)
            ),
            0,
        )
        for measure in group.measures
    }
    columns: Sequence[ColumnElement[int]] = [
        cast(mine.get(name, literal(0)), BigInteger).label(name) for name in MEASURES
    ]
    return (
        select(rows.c.county_id, day, *columns)
        .where(at.is_not(null()))
        .group_by(rows.c.county_id, day)
    )


def _zone(connection: Connection) -> str:
    return str(facts.read(connection, "zone") or facts.DEFAULT_ZONE)


def _lock(connection: Connection) -> None:
    """One folder or rebuilder at a time; writers are not concerned."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FOLD_LOCK})
