"""What the numbers were measured on: machine, versions, and how much data there was."""

import importlib.metadata
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import text

from data_access.database import Database

PACKAGES = ("dash", "dash-leaflet", "gunicorn", "psycopg", "sqlalchemy", "numpy")


def machine(database: Database, browser: str, busy_before: float) -> dict[str, str]:
    """Words for the report by their headings, in order.

    ``browser`` is its name and version, ``busy_before`` what ``foreign_load`` said at first.
    """
    return {
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_processor()}, {psutil.cpu_count()} cores",
        "busy with other work": f"{busy_before:.0%} of the processor before the first measurement",
        "memory": f"{psutil.virtual_memory().total / 1024**3:.0f} GiB",
        "system": _system(),
        "Python": platform.python_version(),
        "PostgreSQL": _scalar(database, "show server_version"),
        "browser": f"{browser}, headless, without GPU",
        "packages": ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES),
        "data": _data(database),
        "cockpit": "2 web workers, 1 snapshotter, all on this machine with database and browser",
    }


def foreign_load(seconds: float = 3.0) -> float:
    """Share of the processor that others use while the bench does nothing, from 0 to 1."""
    return float(psutil.cpu_percent(interval=seconds)) / 100


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    name = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{name}, kernel {platform.release()}"


CURRENT = "select count(*) from regions where valid_to is null"


def _data(database: Database) -> str:
    counts = {
        "incidents": "select count(*) from incidents",
        "disputes": "select count(*) from disputes",
        "steps": "select count(*) from steps",
        "counties": f"{CURRENT} and level = 'county' and is_administrative",
        "zones beside them": f"{CURRENT} and level = 'county' and not is_administrative",
        "townships": f"{CURRENT} and level = 'town'",
        "grids": f"{CURRENT} and level = 'grid'",
    }
    words = [f"{int(_scalar(database, sql)):,} {name}" for name, sql in counts.items()]
    size = _scalar(database, "select pg_database_size(current_database())")
    return f"{', '.join(words)}; {int(size) / 1e6:,.0f} MB"


def _scalar(database: Database, statement: str) -> str:
    with database.read(timeout_seconds=600) as connection:
        return str(connection.scalar(text(statement)))
