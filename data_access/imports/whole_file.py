"""Checks that need all rows of a file, run on the staging table once the last chunk is in.

Their names and titles stand in `checks` beside the others.
"""

from sqlalchemy import Connection, text, update

from data_access.imports.batches import Batch
from data_access.imports.case_mapping import SAME_PLACE, CaseMapping, LocationRule
from data_access.imports.checks import (
    DEFAULT_COORDINATE,
    DUPLICATE,
    MOVED_COUNTY,
    TWO_COUNTIES,
)
from data_access.schema import import_batches

# Up to so many cases at one place are no sign of a default coordinate, whatever their share.
FEW_TOGETHER = 10


def check_cases(connection: Connection, batch: Batch, mapping: CaseMapping) -> None:
    """The checks of cases that need the whole file."""
    _reject_duplicates(connection, batch, mapping)
    _doubt_moved(connection, batch, mapping)
    if mapping.location:
        _doubt_default_coordinates(connection, batch, mapping.location)


# The local day of registration.
_DAY = "(registered_at at time zone :zone)::date"
# Of the regions `named` (code, day) the code of the county that they lay in, as `publishing` books
# cases. Its code: a county that began anew under it is another row of `regions`, and the same one.
_COUNTIES = """
  select distinct on (n.code, n.day) n.code, n.day, c.code as county
  from named n
  join regions r on r.code = n.code
  join regions c on c.id = r.county_id
  order by n.code, n.day,
    (r.valid_from <= n.day and n.day < coalesce(r.valid_to, 'infinity')) desc, r.valid_from desc"""


def _reject_duplicates(connection: Connection, batch: Batch, mapping: CaseMapping) -> None:
    """Of several rows with one case number the first line counts; the others are rejected.

    Where they name regions of two counties that is said: somebody has to decide whose case it is.
    """
    connection.execute(
        text(
            f"""
            with duplicates as (
              delete from {batch.table} s
              using (
                select f.case_no, f.line, f.region_code as first_code, {_DAY} as first_day
                from (select min(line) as line from {batch.table}
                      group by case_no having count(*) > 1) several
                join {batch.table} f using (line)
              ) first
              where s.case_no = first.case_no and s.line > first.line
              returning s.line, s.case_no, s.region_code as code,
                {_DAY} as day, first.line as first_line, first_code, first_day
            ), named as (
              select code, day from duplicates union select first_code, first_day from duplicates
            ), counties as ({_COUNTIES}), compared as (
              select d.*, coalesce(a.county, d.code)
                is distinct from coalesce(b.county, d.first_code) as differs
              from duplicates d
              left join counties a on (a.code, a.day) = (d.code, d.day)
              left join counties b on (b.code, b.day) = (d.first_code, d.first_day)
            )
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, line, case when differs then :two else :same end, :column, 1,
              '与第 ' || first_line || ' 行的案件编号相同'
              || case when differs then '而县不同' else '' end || '，以首次出现的为准', case_no
            from compared
            """
        ),
        {
            "batch": batch.id,
            "same": DUPLICATE.name,
            "two": TWO_COUNTIES.name,
            "column": mapping.columns.case_no,
            "zone": mapping.database.zone,
        },
    )


def _doubt_moved(connection: Connection, batch: Batch, mapping: CaseMapping) -> None:
    """Cases that are known, by this source or another, under another county.

    The outer join lets the planner expect every row, as in `publishing`.
    """
    connection.execute(
        text(
            f"""
            with known as (
              select s.line, s.case_no, s.region_code as code, s.day, r.code as county, r.name
              from (select line, case_no, region_code, {_DAY} as day from {batch.table}) s
              join {mapping.table} i on i.case_no = s.case_no
              join regions r on r.id = i.county_id
            ), named as (select distinct code, day from known), counties as ({_COUNTIES})
            insert into import_findings
              (batch_id, line, check_name, column_name, is_rejection, reason, value)
            select :batch, k.line, :check, :column, 0,
              '此编号已登记在另一县：' || string_agg(distinct k.name, '、'), k.case_no
            from known k
            left join counties c on (c.code, c.day) = (k.code, k.day)
            where k.county <> coalesce(c.county, k.county)
            group by k.line, k.case_no
            """
        ),
        {
            "batch": batch.id,
            "check": MOVED_COUNTY.name,
            "column": mapping.columns.case_no,
            "zone": mapping.database.zone,
        },
    )


def _doubt_default_coordinates(connection: Connection, batch: Batch, rule: LocationRule) -> None:
    """Keep coordinates off the heat that the mapping names, or that too many rows share: of this
    batch, or of one before.
    """
    defaults = rule.defaults_in_wgs84()
    connection.execute(
        text(
            f"""
            with shared as (
              select lon, lat from {batch.table} where location_quality = 'point'
              group by lon, lat
              having count(*) > greatest(:share * (select count(*) from {batch.table}), :few)
              union
              select s.lon, s.lat from {batch.table} s
              join unnest(cast(:lons as float8[]), cast(:lats as float8[])) d (x, y)
                on abs(s.lon - d.x) < :near and abs(s.lat - d.y) < :near
              where s.location_quality = 'point'
              union
              select lon, lat from default_coordinates
              where source_id = :source and share > :share
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
            "source": batch.source_id,
            "check": DEFAULT_COORDINATE.name,
            "columns": ",".join(rule.columns()),
            "share": rule.default_share,
            "few": FEW_TOGETHER,
            "lons": [lon for lon, _ in defaults],
            "lats": [lat for _, lat in defaults],
            "near": SAME_PLACE,
        },
    )


def remember_default_coordinates(connection: Connection, batch: Batch, rule: LocationRule) -> None:
    """Keep what too many rows of a published batch share, for those that follow: a poll reads some
    of its rows again, and few of them together.

    Only of batches in which the share decides: of a few rows, a large part may be of one event.
    """
    connection.execute(
        text(
            f"""
            insert into default_coordinates as d (source_id, lon, lat, share)
            select :source, lon, lat, count(*)::float8 / (select count(*) from {batch.table})
            from {batch.table} where location_quality = 'default'
            group by lon, lat
            having count(*) > :few and (select count(*) from {batch.table}) * :share >= :few
            on conflict (source_id, lon, lat) do update set share = excluded.share
            where d.share < excluded.share
            """
        ),
        {"source": batch.source_id, "few": FEW_TOGETHER, "share": rule.default_share},
    )


def count(connection: Connection, batch: Batch) -> None:
    """Count what was accepted, rejected and doubted; the batch is then `staged`."""
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
