"""What the tables can hold: nothing about a person, and exactly what the migrations make."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, LargeBinary, String, inspect, text
from sqlalchemy.dialects.postgresql import JSONB

from data_access import schema
from data_access.database import Database
from data_access.feed import libpq_url
from tests.case_builder import add_regions

# Parts of column names that would hold something about a person, in English and pinyin.
FORBIDDEN = (
    r"(first|last|full|family|given|person|people|reporter|applicant|party|user|staff)_?name",
    r"xing_?ming",
    r"id_?(no|num|card)|identity|passport|shen_?fen|credential",
    r"phone|mobile|telephone|\btel\b|_tel$|^tel_|shou_?ji|fax|wechat|e_?mail|contact_(no|num|info)",
    r"address|street|house|door|room_no|zhu_?zhi|di_?zhi",
    r"birth|gender|\bsex\b|ethnic|nation(ality)?$|religion|age$",
    r"remark|comment|descri|narrat|detail|content|memo|free_?text|(^|_)note|opinion|bei_?zhu",
    r"plate|face|photo|picture|image|device|(^|_)mac($|_)|imei|track",
    r"reporter|complainant|petitioner|victim|suspect|worker_id|grid_member|officer",
)

# Every column that can hold text, with what it holds. A new one is a decision, taken here.
KEY = "number that the source gives the case"
CODE = "code of a closed list"
NAME_OF_PLACE = "official name of a region"
TEXT_COLUMNS = {
    "agreements": {"case_no": KEY, "method": CODE},
    "archived_months": {"folder": "where the files of the archive were put"},
    "case_doubts": {"case_no": KEY, "check_name": "name of a check of the import"},
    "case_holds": {
        "hold": "key of a hold: small letters and digits",
        "subject": CODE,
        "case_no": KEY,
    },
    "case_versions": {
        "subject": CODE,
        "case_no": KEY,
        "was": "row of incidents or disputes, hence their columns only",
    },
    "code_lists": {"key": CODE, "name": "title of the list", "origin": "who publishes the list"},
    "code_mappings": {"list_key": CODE, "source_value": "value of a source's list", "code": CODE},
    "codes": {
        "list_key": CODE,
        "code": CODE,
        "parent_code": CODE,
        "label": "wording of the code",
        "category": CODE,
    },
    "database_facts": {"key": "name of the fact", "value": "setting of the database"},
    "disputes": {
        "case_no": KEY,
        "method": CODE,
        "class_code": CODE,
        "channel": CODE,
        "platform": CODE,
        "resolved_level": CODE,
    },
    "form_submissions": {
        "form": "name of a monthly form",
        "department": "kind of department that hands the form in",
        "layout_sha256": "hash",
        "file_sha256": "hash",
    },
    "geometry_sets": {
        "name": "title of the set of lines",
        "origin": "who publishes the lines",
        "datum": CODE,
        "checksum": "hash",
        "approval_number": "审图号",
        "approved_checksum": "hash",
    },
    "import_batches": {
        "kind": CODE,
        "file_name": "name of a file handed over by a department",
        "file_sha256": "hash",
        "mapping_sha256": "hash",
        "state": CODE,
    },
    "import_findings": {
        "check_name": "name of a check of the import",
        "column_name": "header of the file",
        "reason": "sentence of the program",
        "value": "the value refused, masked by checks of personal data",
    },
    "incidents": {
        "case_no": KEY,
        "category": CODE,
        "location_quality": CODE,
        "class_code": CODE,
        "channel": CODE,
        "platform": CODE,
        "resolved_level": CODE,
    },
    "organisations": {"code": CODE, "name": "official name of an authority", "kind": CODE},
    "outbox": {"subject": "name of a table"},
    "daily_figure_versions": {
        "subject": "name of a table",
        "was": "row of that table, hence its columns only",
    },
    "population": {"origin": "which census"},
    "ranking_groups": {"code": CODE, "name": "title of the group"},
    "reception_versions": {"was": "row of receptions, hence its columns only"},
    "receptions": {"reception_no": "number that the source gives the reception"},
    "region_geometries": {"level": CODE, "outline": "well-known binary of a region"},
    "region_lineage": {"kind": CODE},
    "region_ranking_groups": {"group_code": CODE},
    "regions": {
        "code": CODE,
        "name": NAME_OF_PLACE,
        "short_name": NAME_OF_PLACE,
        "pinyin": NAME_OF_PLACE,
        "level": CODE,
    },
    "reported_values": {"indicator": "key of the dictionary"},
    "return_visits": {"subject": CODE, "case_no": KEY},
    "rollup_spreads": {"spread": "key of a spread"},
    "screen_requests": {"view": "key of a view"},
    "sealed_months": {"checksum": "hash"},
    "snapshots": {"view": "key of a view", "sha256": "hash", "body": "the snapshot, compressed"},
    "sources": {
        "key": CODE,
        "name": "title of a system",
        "kind": CODE,
        "last_error": "message of a program, with the number of a case at most",
    },
    "spread_deltas": {"spread": "key of a spread", "class_code": CODE},
    "steps": {"subject": CODE, "case_no": KEY, "step": CODE},
    "sync_contacts": {
        "source_key": CODE,
        "kind": CODE,
        "last_error": "as of sources",
    },
    "sync_watermarks": {
        "source_key": CODE,
        "kind": CODE,
        "asked_sha256": "hash",
        "watermark": "time or number of a row of the source",
    },
    "targets": {"indicator": "key of the dictionary"},
    "work_calendar": {"label": "name of a festival"},
}
# Words about people that count them and do not name them.
COUNTED = {("receptions", "people"), ("staffing", "staff"), ("patrols", "staff")}


def forbidden_names(columns: list[str]) -> list[str]:
    return [name for name in columns if any(re.search(part, name) for part in FORBIDDEN)]


@pytest.mark.parametrize("table", schema.metadata.tables.values(), ids=str)
def test_no_column_is_named_after_something_about_a_person(table) -> None:
    allowed = {name for known, name in COUNTED if known == table.name}
    assert forbidden_names([column.name for column in table.c if column.name not in allowed]) == []


@pytest.mark.parametrize(
    "name",
    [
        *("reporter_name", "id_no", "id_card", "phone", "mobile", "home_address", "remark"),
        *("description", "shenfenzheng", "xingming", "content", "email", "birth_day", "notes"),
    ],
)
def test_the_forbidden_names_are_recognised(name: str) -> None:
    assert forbidden_names([name]) == [name]


def test_every_column_that_can_hold_text_is_known_with_its_reason() -> None:
    found = {
        table.name: {
            column.name
            for column in table.c
            if isinstance(column.type, (String, JSONB, LargeBinary))
        }
        for table in schema.metadata.tables.values()
    }
    assert {name: columns for name, columns in found.items() if columns} == {
        name: set(columns) for name, columns in TEXT_COLUMNS.items()
    }


def test_the_database_holds_no_other_table_or_text_column(database: Database) -> None:
    """The database itself, not the metadata: a migration could add what no module knows."""
    with database.read() as connection:
        rows = connection.execute(
            text(
                "select c.relname, a.attname, format_type(a.atttypid, null) as kind"
                " from pg_class c join pg_attribute a on a.attrelid = c.oid"
                " where c.relnamespace = 'public'::regnamespace"
                " and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition"
                " and a.attnum > 0 and not a.attisdropped"
            )
        ).all()
    texts = {"text", "character varying", "character", "json", "jsonb", "bytea", "xml", "name"}
    found = {(row.relname, row.attname) for row in rows if row.kind in texts}
    known = {(table, name) for table, columns in TEXT_COLUMNS.items() for name in columns}
    assert found - known == {("alembic_version", "version_num")}
    assert known <= found
    assert {row.relname for row in rows} == {*schema.metadata.tables, "alembic_version"}


def test_a_migrated_database_is_what_the_metadata_says(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_ours}
        )
        assert compare_metadata(context, schema.metadata) == []


def is_ours(item, name: str, kind: str, is_reflected: bool, compared_to) -> bool:
    """Partitions and the dictionary's columns of `rollups` are made by the program itself."""
    if kind == "table" and is_reflected:
        return name in schema.metadata.tables
    return not (kind == "column" and is_reflected and item.table.name.startswith("rollup"))


def test_checks_of_the_metadata_are_in_the_database(database: Database) -> None:
    """Alembic does not compare checks."""
    full_name = database.engine.dialect.identifier_preparer.format_constraint
    names = {
        (table.name, full_name(constraint))
        for table in schema.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    inspector = inspect(database.engine)
    found = {
        (table, check["name"])
        for table in schema.metadata.tables
        for check in inspector.get_check_constraints(table)
    }
    assert found == names


@pytest.mark.parametrize("table", ["incidents", "disputes"])
def test_cases_are_found_by_their_number(database: Database, table: str) -> None:
    """Sources name a case by it; imports and polls look for thousands of them."""
    key = inspect(database.engine).get_pk_constraint(table)["constrained_columns"]
    assert key == [column.name for column in schema.metadata.tables[table].primary_key]
    assert key[:2] == ["case_no", "source_id"]


@pytest.fixture
def roles(database: Database) -> Iterator[dict[str, psycopg.Connection]]:
    """One connection a role, without a password as the embedded server and local trust let in."""
    with database.write() as connection:
        add_regions(connection)
        connection.execute(
            text("grant connect on database " + database.url.database + " to public")
        )
    connections = {}
    for role in ("cockpit_app", "cockpit_reader"):
        connection = psycopg.connect(libpq_url(database.url), autocommit=True)
        connection.execute(f"set session authorization {role}")
        connections[role] = connection
    yield connections
    for connection in connections.values():
        connection.close()


NEW_CASE = (
    "insert into incidents (home_county_id, source_id, case_no, registered_month, category,"
    " region_id, county_id, registered_at) values (330102, 1, 'R1', '2026-11-01', 'hazard',"
    " 330102, 330102, '2026-11-20 06:00Z')"
)


def test_the_roles_exist_and_none_of_them_is_above_the_rules(database: Database) -> None:
    with database.read() as connection:
        rows = connection.execute(
            text(
                "select rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles"
                " where rolname like 'cockpit%' order by 1"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (name, False, False, False, False)
        for name in ("cockpit_app", "cockpit_owner", "cockpit_reader")
    ]


def test_the_application_reads_and_writes_every_table(
    roles: dict[str, psycopg.Connection],
) -> None:
    app = roles["cockpit_app"]
    for table in schema.metadata.tables:
        app.execute(f"select * from {table} limit 1")  # type: ignore[arg-type]
        for right in ("select", "insert", "update", "delete"):
            row = app.execute("select has_table_privilege(%s, %s)", (table, right)).fetchone()
            assert row == (True,), (table, right)
    assert app.execute(NEW_CASE).rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "create table mine (id integer)",
        "alter table incidents add column reporter_name text",
        "drop table incidents",
        "truncate incidents",
        "create role friend",
        "alter table incidents disable trigger all",
        "set session_replication_role = replica",
    ],
)
def test_the_application_cannot_change_the_schema(
    roles: dict[str, psycopg.Connection], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        roles["cockpit_app"].execute(statement)  # type: ignore[arg-type]


def test_writes_of_the_application_fire_the_triggers(
    roles: dict[str, psycopg.Connection], database: Database
) -> None:
    """Security definer: whoever may write a case need not be able to write the feed."""
    app = roles["cockpit_app"]
    with database.write() as connection:
        connection.execute(text("delete from outbox"))
        connection.execute(
            text("revoke insert on outbox, rollup_deltas, case_versions from cockpit_app")
        )
    app.execute(NEW_CASE)
    app.execute("update incidents set category = 'other' where case_no = 'R1'")
    app.execute("delete from incidents where case_no = 'R1'")
    with database.read() as connection:
        told = connection.scalars(text("select subject from outbox order by id")).all()
        assert sorted(told) == ["corrections"] * 2 + ["incidents"] * 3
        assert connection.scalar(text("select count(*) from case_versions")) == 2
        sums = connection.scalar(text("select count(*) from rollup_deltas"))
    assert sums


def test_the_reader_reads_and_does_nothing_else(roles: dict[str, psycopg.Connection]) -> None:
    reader = roles["cockpit_reader"]
    for table in schema.metadata.tables:
        reader.execute(f"select * from {table} limit 1")  # type: ignore[arg-type]
        for right in ("insert", "update", "delete", "truncate", "trigger"):
            row = reader.execute("select has_table_privilege(%s, %s)", (table, right)).fetchone()
            assert row == (False,), (table, right)
    for statement in (NEW_CASE, "create table mine (id integer)", "delete from regions"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)  # type: ignore[arg-type]


def test_a_table_of_a_later_migration_is_open_to_the_same_roles(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("create table later (id integer generated always as identity)"))
        for role, rights in {
            "cockpit_app": {"select", "insert", "update", "delete"},
            "cockpit_reader": {"select"},
        }.items():
            held = {
                right
                for right in ("select", "insert", "update", "delete", "truncate")
                if connection.scalar(
                    text("select has_table_privilege(:role, 'later', :right)"),
                    {"role": role, "right": right},
                )
            }
            assert held == rights
        connection.execute(text("drop table later"))
