"""Checks that need all rows of a file, run on the staging table once the last chunk is in.

Their names and titles stand in `checks` beside the others.
"""

from sqlalchemy import Connection, text, update

from data_access.imports.batches import Batch
from data_access.imports.checks import DEFAULT_COORDINATE, DUPLICATE
from data_access.imports.mapping import IncidentMapping, LocationRule
from data_access.schema import import_batches

# Up to so many cases at one place are no sign of a default coordinate, whatever their share.
FEW_TOGETHER = 10


def finish(connection: Connection, batch: Batch, mapping: IncidentMapping) -> None:
    """Run the checks that need the whole file, and count; the batch is then `staged`."""
    connection.exec_driver_sql(f"analyze {batch.table}")
    _reject_duplicates(connection, batch, mapping.columns.case_no)
    if mapping.location:
        _doubt_default_coordinates(connection, batch, mapping.location)
    _count(connection, batch)


def _reject_duplicates(connection: Connection, batch: Batch, column: str) -> None:
    """Of several rows with one case number the first line counts; the others are rejected."""
    connection.execute(
        text(
            f"""
            with duplicates as (
              delete from {batch.table} s
              using (select case_no, min(line) as line from {batch.table}
                     group by case_no having count(*) > 1) first
              where s.case_no = first.case_no and s.line > first.line
              returning s.line, s.case_no, first.line as first_line
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, :column, 1,
              '与第 ' || first_line || ' 行的案件编号相同，以首次出现的为准', case_no
            from duplicates
            """
        ),
        {"batch": batch.id, "check": DUPLICATE.name, "column": column},
    )


def _doubt_default_coordinates(connection: Connection, batch: Batch, rule: LocationRule) -> None:
    """Keep coordinates that the mapping names, or that too many rows share, off the heat."""
    connection.execute(
        text(
            f"""
            with shared as (
              select lon, lat from {batch.table} where location_quality = 'point'
              group by lon, lat
              having count(*) > greatest(:share * (select count(*) from {batch.table}), :few)
                or (lon, lat) in (
                  select * from unnest(cast(:lons as float8[]), cast(:lats as float8[])))
            ), doubted as (
              update {batch.table} s
              set location_quality = 'default', cell_x = null, cell_y = null
              from shared where s.lon = shared.lon and s.lat = shared.lat
              returning s.line, s.lon, s.lat
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, :check, :columns, 0,
              '多起案件共用的默认坐标，不上热力图', lon || ',' || lat
            from doubted
            """
        ),
        {
            "batch": batch.id,
            "check": DEFAULT_COORDINATE.name,
            "columns": f"{rule.lon},{rule.lat}",
            "share": rule.default_share,
            "few": FEW_TOGETHER,
            "lons": [lon for lon, _ in rule.defaults],
            "lats": [lat for _, lat in rule.defaults],
        },
    )


def _count(connection: Connection, batch: Batch) -> None:
    accepted = connection.scalar(text(f"select count(*) from {batch.table}"))
    doubtful = connection.scalar(
        text(
            "select count(distinct f.line) from import_findings f"
            f" join {batch.table} s using (line) where f.batch_id = :batch"
        ),
        {"batch": batch.id},
    )
    counts = import_batches.c
    connection.execute(
        update(import_batches)
        .where(counts.id == batch.id)
        .values(
            state="staged",
            rows_accepted=accepted,
            rows_rejected=counts.rows_read - accepted,
            rows_doubtful=doubtful,
        )
    )
