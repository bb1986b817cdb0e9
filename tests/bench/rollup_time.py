"""Roll-ups: folding 10,000 deltas, computing all from the rows, and comparing both.

Everything happens in transactions that are rolled back; no snapshotter may run beside it.
"""

from collections.abc import Callable, Iterable
from contextlib import closing

from sqlalchemy import Connection, text

from data_access import rollups
from data_access.database import Database
from tests.bench.demo_database import BenchDatabase
from tests.bench.measurement import Measurement, milliseconds_of

DELTAS = 10_000
FOLDS, REBUILDS = 10, 2
# As many pluses as minuses over the counties of the last thirty days.
INSERT_DELTAS = """
insert into rollup_deltas (county_id, town_id, day, slot, registered_all, open_in, closed)
select counties.id, towns.id, current_date - (n / 7 % 30),
  current_date - (n / 7 % 30) + n % 96 * interval '15 minutes',
  sign, sign, nullif(sign, 1)
from generate_series(1, :deltas) as n
cross join lateral (select case when n % 2 = 0 then 1 else -1 end as sign) s
join (
  select id, row_number() over (order by id) - 1 as place, count(*) over () as number
  from regions where level = 'county' and is_administrative and valid_to is null
) counties on counties.place = n % counties.number
cross join lateral (
  select min(id) as id from regions where level = 'town' and county_id = counties.id
) towns"""


def measure(database: BenchDatabase) -> Iterable[Measurement]:
    """Fold, rebuild and differences."""
    with closing(Database(database.url)) as opened:
        with opened.write() as connection:
            rollups.fold(connection)
        yield Measurement(
            what="roll-ups, fold of 10,000 deltas",
            unit="ms",
            samples=tuple(_fold(opened) for _ in range(FOLDS)),
            note="One worker folds every 5 s; the deltas lie on all counties and 30 days."
            " Each goes into days, months and quarters of an hour. Rolled back.",
        )
        yield Measurement(
            what="roll-ups, all computed from the rows",
            unit="ms",
            samples=tuple(_rolled_back(opened, rollups.rebuild) for _ in range(REBUILDS)),
            note="`cockpit db rebuild`: days, months, quarters of an hour, cells and durations."
            " Rolled back.",
        )
        yield Measurement(
            what="roll-ups, compared with the rows",
            unit="ms",
            samples=tuple(_rolled_back(opened, _require_equal) for _ in range(REBUILDS)),
            note="`cockpit db verify`; the bench ends if a single region and day differs.",
        )


def _fold(database: Database) -> float:
    with database.engine.connect() as connection:
        connection.execute(text(INSERT_DELTAS), {"deltas": DELTAS})
        taken = milliseconds_of(lambda: _require_all(rollups.fold(connection)))
        connection.rollback()
    return taken


def _require_all(folded: int) -> None:
    if folded != DELTAS:
        raise RuntimeError(f"{folded} deltas were folded, not {DELTAS}")


def _rolled_back(database: Database, work: Callable[[Connection], None]) -> float:
    with database.engine.connect() as connection:
        taken = milliseconds_of(lambda: work(connection))
        connection.rollback()
    return taken


def _require_equal(connection: Connection) -> None:
    if differing := rollups.differences(connection):
        raise RuntimeError(f"roll-ups differ from the rows on {differing} region-days")
