"""Ready for several machines: keys, statements, and the command, by the rules of Citus.

Citus itself is not here. Its two functions are stood in for by functions that refuse what it
refuses (docs/scale.md names the rules).
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, inspect, text

from dashboard.asks import Ask
from dashboard.errors import DistributionRefused
from dashboard.scope import Scope
from dashboard.views import View
from data_access import case_homes, case_pages, facts, quality_readings, rollups, schema
from data_access.case_lists import rows_of_measure, rows_of_stock
from data_access.database import IS_CLUSTER, Database
from data_access.distribution import (
    DISTRIBUTED,
    DISTRIBUTION_COLUMN,
    LOCAL,
    REFERENCE,
    distribute,
)
from data_access.partitions import PARTITIONED_TABLES
from data_access.snapshotting import compute
from data_access.wall_parts import Kept
from tests.case_builder import NOW, add_everything
from tests.statements import ANY_ROW, TOUCHES, listening

STAND_IN = """
create table citus_tables (name text primary key, kind text, beside text);
create function citus_allows(relation regclass, key text) returns void language plpgsql as $$
declare wrong text;
begin
  select tgname into wrong from pg_trigger where tgrelid = relation and not tgisinternal limit 1;
  if found then raise exception 'cannot distribute relation % because it has triggers', relation;
  end if;
  select c.conname into wrong from pg_constraint c join pg_class f on f.oid = c.confrelid
  where c.conrelid = relation and c.contype = 'f' and f.relname <> all (
    select name from citus_tables where kind = 'reference' or key is not null
    union select relation::text);
  if found then raise exception 'foreign key % to a table that is not there', wrong; end if;
  if key is null then return; end if;
  select i.indexrelid::regclass::text into wrong from pg_index i
  where i.indrelid = relation and i.indisunique and not exists (
    select from pg_attribute a where a.attrelid = relation and a.attnum = any (i.indkey)
    and a.attname = key);
  if found then raise exception 'unique index % without the distribution column', wrong; end if;
  select attname into wrong from pg_attribute
  where attrelid = relation and attidentity <> '' and atttypid <> 'bigint'::regtype;
  if found then raise exception 'sequence of % is smaller than bigint', wrong; end if;
end $$;
create function create_reference_table(relation regclass) returns void language plpgsql as $$
begin
  perform citus_allows(relation, null);
  insert into citus_tables values (relation::text, 'reference', null);
end $$;
create function create_distributed_table(
  relation regclass, key text, colocate_with text default 'default'
) returns void language plpgsql as $$
begin
  perform citus_allows(relation, key);
  insert into citus_tables values (relation::text, 'distributed', colocate_with);
end $$;
"""


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        add_everything(connection, seed=3, count=200)
        rollups.follow_regions(connection)
        rollups.fold(connection)
    return database


def stand_in(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(STAND_IN)


def test_every_table_has_its_place_and_only_one() -> None:
    places = [*DISTRIBUTED, *REFERENCE, *LOCAL]
    assert len(places) == len(set(places))
    assert set(places) == set(schema.metadata.tables)
    assert set(PARTITIONED_TABLES) <= set(DISTRIBUTED)


@pytest.mark.parametrize("table", DISTRIBUTED)
def test_every_key_of_a_distributed_table_contains_its_column(
    database: Database, table: str
) -> None:
    """In the database, not in the metadata alone."""
    inspector = inspect(database.engine)
    keys = [inspector.get_pk_constraint(table)["constrained_columns"]]
    keys += [unique["column_names"] for unique in inspector.get_unique_constraints(table)]
    keys += [index["column_names"] for index in inspector.get_indexes(table) if index["unique"]]
    assert keys
    assert all(DISTRIBUTION_COLUMN in key for key in keys)
    assert all(
        key["referred_table"] in REFERENCE or DISTRIBUTION_COLUMN in key["constrained_columns"]
        for key in inspector.get_foreign_keys(table)
    )
    [column] = [c for c in inspector.get_columns(table) if c["name"] == DISTRIBUTION_COLUMN]
    assert str(column["type"]) == "INTEGER"
    assert not column["nullable"]


def test_reference_and_local_tables_refer_to_nothing_distributed() -> None:
    for table in schema.metadata.sorted_tables:
        targets = {key.column.table.name for key in table.foreign_keys}
        assert targets.isdisjoint(DISTRIBUTED)
        if table.name in REFERENCE:
            assert targets <= set(REFERENCE)


def test_all_is_declared_in_an_order_that_the_rules_allow(filled: Database) -> None:
    with filled.write() as connection:
        stand_in(connection)
        distribute(connection, drop_triggers=True)
        rows = connection.execute(text("select name, kind from citus_tables")).all()
        declared = {row.name: row.kind for row in rows}
        beside = set(
            connection.scalars(
                text("select beside from citus_tables where kind = 'distributed' and name <> :n"),
                {"n": DISTRIBUTED[0]},
            )
        )
    assert {name for name, kind in declared.items() if kind == "reference"} == set(REFERENCE)
    assert {name for name, kind in declared.items() if kind == "distributed"} == set(DISTRIBUTED)
    assert beside == {DISTRIBUTED[0]}


def test_the_rules_stood_in_for_do_refuse(filled: Database) -> None:
    """Otherwise the test above would prove nothing."""
    refused = {
        "because it has triggers": "create_distributed_table('incidents', 'home_county_id')",
        "to a table that is not there": "create_reference_table('region_geometries')",
        "without the distribution column": "create_distributed_table('import_findings', 'reason')",
        "smaller than bigint": "create_distributed_table('import_batches', 'id')",
    }
    with filled.write() as connection:
        stand_in(connection)
        for words, statement in refused.items():
            with pytest.raises(Exception, match=words), connection.begin_nested():
                connection.execute(text(f"select {statement}"))


def test_triggers_go_only_when_that_is_said(filled: Database) -> None:
    with filled.write() as connection:
        stand_in(connection)
        with pytest.raises(DistributionRefused, match="--drop-triggers"):
            distribute(connection, drop_triggers=False)
        assert connection.scalar(text("select count(*) from citus_tables")) == 0
        assert connection.scalar(
            text("select count(*) from pg_trigger where tgname like 'cockpit_incidents%'")
        )


def test_without_citus_it_says_so_in_chinese_and_changes_nothing(database: Database) -> None:
    with database.read() as connection:
        is_installed = connection.scalar(
            text("select exists (select from pg_available_extensions where name = 'citus')")
        )
    reason = "还没有启用 Citus" if is_installed else "没有安装 Citus 扩展"
    with (
        pytest.raises(DistributionRefused, match=rf"{reason}.*未作任何改动"),
        database.write() as connection,
    ):
        distribute(connection, drop_triggers=True)


# Statements

# What a statement over several shards must not contain.
FORBIDDEN = {
    "for update": r"\bfor (no key )?(update|share)\b",
    "tablesample": r"\btablesample\b",
    "recursive": r"\bwith recursive\b",
    "grouping sets": r"\b(grouping sets|rollup|cube)\s*\(",
    "lateral with a limit": r"\blateral\s*\(.*?\blimit\b",
    "window": r"\bover\s*\(",
}
BY_HOME = re.compile(r"\bhome_county_id (= any|in) ?\(", re.IGNORECASE)
ORDERS: tuple[case_pages.Order, ...] = ("registered", "due", "step")
BY_COUNTY = re.compile(r"\bcounty_id (\+ 0 )?(= any|in|=)", re.IGNORECASE)


def screens(
    database: Database, regions: Iterable[int], county: int, as_of: datetime | None = None
) -> list[object]:
    """What walls and lists of cases show."""
    shown: list[object] = []
    for region in regions:
        view = View("wall", region, as_of=as_of)
        made = compute(database, view, now=NOW, ask=Ask(), kept=Kept())
        assert made.failures == {}
        shown.append(made)
    scope = Scope(counties=frozenset({county}))
    with database.read() as connection:
        start = NOW.replace(day=1)
        shown += [
            sorted(
                rows_of_measure(connection, name, scope, start=start, end=NOW, as_of=as_of),
                key=str,
            )
            for name in ("registered_all", "d_accepted", "receptions", "answered")
        ]
        shown.append(sorted(rows_of_stock(connection, "open", scope, as_of=NOW), key=str))
        shown += [case_pages.page(connection, [county], order) for order in ORDERS]
    return shown


@pytest.fixture
def asked(filled: Database) -> list[tuple[str, Any]]:
    """Every statement on distributed tables that snapshots of all levels and lists ask."""
    with listening(filled) as said:
        screens(filled, (330000, 330100, 330102), 330102)
    return said


def test_no_statement_uses_what_citus_forbids(asked: list[tuple[str, Any]]) -> None:
    assert len(asked) > 30
    assert forbidden(asked) == set()


def test_no_statement_of_the_quality_page_does_either(filled: Database) -> None:
    with listening(filled) as said:
        report = quality_readings.read(filled, None, days=7, now=NOW)
        assert report.stray_counties == ()
    assert len(said) > 4
    assert forbidden(said) == set()


def forbidden(said: list[tuple[str, Any]]) -> set[tuple[str, str]]:
    return {
        (name, statement)
        for name, pattern in FORBIDDEN.items()
        for statement, _ in said
        if re.search(pattern, statement, re.IGNORECASE | re.DOTALL)
    }


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("for update", "select 1 from incidents for no key update"),
        ("lateral with a limit", "from c cross join lateral (select 1 from incidents limit 3) o"),
        ("window", "select row_number() over (order by due_at) from incidents"),
        ("grouping sets", "select 1 from incidents group by grouping sets ((a), (b))"),
    ],
)
def test_what_is_forbidden_would_be_found(name: str, statement: str) -> None:
    assert re.search(FORBIDDEN[name], statement, re.IGNORECASE | re.DOTALL)


def test_every_statement_on_cases_names_its_counties_and_is_answered_by_an_index(
    asked: list[tuple[str, Any]], filled: Database
) -> None:
    """However many cases there are: none reads a table from end to end."""
    explained = 0
    with filled.read() as connection:
        connection.execute(text("set local enable_seqscan = off"))
        connection.execute(text("set local plan_cache_mode = force_custom_plan"))
        for statement, values in {s: v for s, v in asked if not ANY_ROW.search(s)}.items():
            assert BY_COUNTY.search(statement), statement
            plan = connection.exec_driver_sql(f"explain (format json) {statement}", values)
            assert list(whole_scans(plan.scalar_one()[0]["Plan"])) == [], statement
            explained += 1
    assert explained > 10


def whole_scans(node: dict[str, Any]) -> Iterator[str]:
    """Tables of cases that a plan reads from end to end."""
    name = str(node.get("Relation Name", ""))
    if node["Node Type"] == "Seq Scan" and name.startswith(DISTRIBUTED):
        yield name
    for below in node.get("Plans", ()):
        yield from whole_scans(below)


def test_of_incidents_only_the_edges_of_periods_are_counted_in_the_rows(
    asked: list[tuple[str, Any]],
) -> None:
    """Whole days come from roll-ups: a wall counts no more incidents in a year than in a day."""
    spans = [
        values["end"] - values["start"]
        for statement, values in asked
        if "FROM incidents" in statement and {"start", "end", "counties"} <= values.keys()
    ]
    assert spans
    assert max(spans) <= timedelta(minutes=15)


def as_cluster(database: Database) -> Database:
    """The same database, taken for one of several machines."""
    cluster = Database(database.url)

    @event.listens_for(cluster.engine, "connect")
    def found(driver: Any, record: Any) -> None:
        record.info[IS_CLUSTER] = True

    return cluster


HOME, MOVED_TO = 330106, 330102


@pytest.fixture
def moved(filled: Database) -> Database:
    """Cases of one county are booked under another since, and the cluster has noted it."""
    with filled.write() as connection:
        for table in ("incidents", "disputes", "return_visits", "agreements"):
            connection.execute(
                text(
                    f"update {table} set county_id = :county where home_county_id = :home"
                    " and case_no like '%7%'"
                ),
                {"home": HOME, "county": MOVED_TO},
            )
        rollups.fold(connection)
        case_homes.note_moves(connection)
    return filled


@pytest.mark.parametrize("as_of", [None, NOW - timedelta(days=20)], ids=["now", "past"])
def test_in_a_cluster_every_statement_on_cases_is_bounded_by_home_counties(
    moved: Database, as_of: datetime | None
) -> None:
    """So that it goes to the shards of its counties; with the answers of one machine."""
    one_machine = screens(moved, (330100, MOVED_TO), MOVED_TO, as_of)
    with closing(as_cluster(moved)) as cluster, listening(cluster) as said:
        assert screens(cluster, (330100, MOVED_TO), MOVED_TO, as_of) == one_machine
    bounded = [(statement, values) for statement, values in said if not ANY_ROW.search(statement)]
    assert len(bounded) > 30
    for statement, values in bounded:
        # Each reading of a table of its own.
        assert len(BY_HOME.findall(statement)) >= len(TOUCHES.findall(statement)), statement
        if "homes" in values and values.get("counties") == [MOVED_TO]:
            assert values["homes"] == [MOVED_TO, HOME]


def test_one_machine_is_not_asked_where_cases_began(asked: list[tuple[str, Any]]) -> None:
    assert not any(BY_HOME.search(statement) for statement, _ in asked)


def test_moves_are_followed_by_every_rebuild_where_they_are_noted(filled: Database) -> None:
    with filled.write() as connection:
        move = text("update incidents set county_id = :to where home_county_id = :home")
        connection.execute(move, {"to": MOVED_TO, "home": HOME})
        rollups.rebuild(connection)
        assert facts.read(connection, case_homes.MOVES) is None
        case_homes.note_moves(connection)
        assert [HOME, MOVED_TO] in facts.read(connection, case_homes.MOVES)
        connection.execute(move, {"to": 330203, "home": HOME})
        rollups.rebuild(connection)
        assert [HOME, 330203] in facts.read(connection, case_homes.MOVES)
