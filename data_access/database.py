"""Database: the single door to PostgreSQL for everything above this package.

Connections, limits and the translation of "the database is away" stand here; statements stand in
the module of their subject.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from dashboard.errors import DatabaseUnavailable, DataUnavailable

READ_TIMEOUT_SECONDS = 20
# psycopg counts these with a server that is away. The server answers; this one statement failed.
FAILED_STATES = {
    "57014": "查询超过限时",
    "55P03": "等待锁超过限时",
    "40001": "与其他写入冲突",
    "40P01": "与其他写入冲突",
}
CONNECT_TIMEOUT_SECONDS = 3
# A peer whose packets are dropped must be given up within seconds, not in two hours: the server by
# us, and we by the server, with the locks we held and what we had begun. No keepalives are sent
# while something is on its way, so that has a limit of its own.
GIVE_SERVER_UP: dict[str, Any] = {
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,
}
BE_GIVEN_UP = (
    "-c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2"
    " -c tcp_user_timeout=3000"
)
# Values of plan_cache_mode, and where a connection keeps which of them is its usual one.
PLANNED_ONCE, PLANNED_EACH_TIME = "force_generic_plan", "force_custom_plan"
USUAL_PLANS = "usual_plans"
# Where a connection keeps whether the database is, or may become, one of several machines.
IS_CLUSTER = "is_cluster"


class Database:
    """Lazily connected: creating one needs no server.

    Reads run read-only in one consistent view of the data (repeatable read), so that figures read
    one after the other agree.
    """

    def __init__(self, url: URL | str, *, pool_size: int = 4) -> None:
        self.url = make_url(url)
        self.engine: Engine = create_engine(
            self.url,
            pool_size=pool_size,
            pool_pre_ping=True,
            # What is passed to a statement (a secret, a rejected value) must not stand in a log.
            hide_parameters=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                **GIVE_SERVER_UP,
                "application_name": "cockpit",
                # Statements are as long as the dictionary and the large tables have a partition
                # a month: planning took 45 ms of a 50 ms read. Planned once per connection
                # instead; the parameters (times, counties) do not change which plan is good.
                "prepare_threshold": 1,
                "options": f"-c plan_cache_mode={PLANNED_ONCE}"
                f" -c max_parallel_workers_per_gather=0 {BE_GIVEN_UP}",
            },
        )
        event.listen(self.engine, "connect", _choose_plans)

    @contextmanager
    def read(self, *, timeout_seconds: float = READ_TIMEOUT_SECONDS) -> Iterator[Connection]:
        """A read-only connection whose statements all see the same moment.

        Raises:
            DatabaseUnavailable: the server is away, starting, recovering or refuses us.
            DataUnavailable: a statement ran longer than the limit or failed.
        """
        with self._translated(), self.engine.connect() as connection:
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            connection.execute(
                text("select set_config('statement_timeout', :ms, true)"),
                {"ms": str(int(timeout_seconds * 1000))},
            )
            yield connection
            # Nothing was written. A rollback would make psycopg drop its prepared statements, and
            # every read would be planned anew.
            connection.commit()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction that commits at the end.

        Raises:
            DatabaseUnavailable, DataUnavailable: as for `read`.
        """
        with self._translated(), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            state = getattr(error.orig, "sqlstate", None)
            if state in FAILED_STATES:
                raise DataUnavailable(FAILED_STATES[state], _first_line(error)) from error
            raise DatabaseUnavailable("数据库无应答", _first_line(error)) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseUnavailable("数据库连接中断", _first_line(error)) from error
            raise DataUnavailable("查询失败", _first_line(error)) from error


@contextmanager
def planned_for_this_moment(connection: Connection) -> Iterator[None]:
    """Statements of the block are planned for their own times and counties.

    For those whose best index depends on how many rows the parameters meet; see `Database`.
    """
    connection.execute(text(f"set local plan_cache_mode = {PLANNED_EACH_TIME}"))
    yield
    usual = connection.info[USUAL_PLANS]
    connection.execute(text(f"set local plan_cache_mode = {usual}"))


def _choose_plans(driver: Any, record: Any) -> None:
    """A cluster finds the machines of a statement by its parameters: no plan serves all."""
    has_citus = driver.execute("select from pg_extension where extname = 'citus'").rowcount == 1
    record.info[IS_CLUSTER] = has_citus
    record.info[USUAL_PLANS] = PLANNED_EACH_TIME if has_citus else PLANNED_ONCE
    if has_citus:
        driver.execute(f"set plan_cache_mode = {PLANNED_EACH_TIME}")
    driver.commit()


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
