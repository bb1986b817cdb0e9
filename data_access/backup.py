"""Backup and restore of one database by PostgreSQL's own programs.

Here: `pg_dump` into one file with its checksum beside it, and back into an empty database. Not
here: a copy of a whole server (`pg_basebackup`, see docs/operating.md), nor archives of old months
(`data_access.archiving`).

Roles belong to the server, not to a database: a restore makes those that are missing, without
passwords. The backup is read in one consistent view while writers go on.
"""

import hashlib
import os
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL, Connection, create_engine, text

from dashboard.errors import BackupError
from dashboard.system_errors import words_of
from data_access.database import Database
from data_access.feed import libpq_url
from data_access.server_programs import find_clients

ROLES = ("cockpit_owner", "cockpit_app", "cockpit_reader")
# As the first migration has them. In a dump they name the role that migrated, which another
# server need not have.
DEFAULT_PRIVILEGES = (
    "alter default privileges in schema public"
    " grant select, insert, update, delete on tables to cockpit_app",
    "alter default privileges in schema public grant select on tables to cockpit_reader",
)
# Kind of an entry in the list of a dump's contents.
DEFAULT_PRIVILEGES_ENTRY = " DEFAULT ACL "
CHUNK = 1024 * 1024
# Words of PostgreSQL's programs, and what they mean for an operator.
ADVICE = {
    "No space left on device": "磁盘已满，请腾出空间，再重新执行。",
    "input file": "备份文件不完整，或不是 cockpit db backup 写的，请改用另一份备份。",
    "end of file": "备份文件不完整，请改用另一份备份。",
    "permission denied": "数据库用户没有权限，请以库的所有者或超级用户执行。",
    "connection to server": "连不上数据库，请检查它是否在运行，再重新执行。",
}


def checksum_file(file: Path) -> Path:
    """Where the SHA-256 of a backup stands, in the form that `sha256sum --check` reads."""
    return file.with_name(f"{file.name}.sha256")


def backup(url: URL, file: Path) -> str:
    """Write the whole database into one file; returns its SHA-256.

    The file appears by one rename, when it is complete.

    Raises:
        BackupError, ServerProgramsMissing, DatabaseUnavailable.
    """
    if file.exists():
        raise BackupError(f"{file} 已存在：请换一个文件名，旧备份不会被覆盖。")
    program = find_clients(_major(url), "pg_dump") / "pg_dump"
    half_made = file.with_name(f"{file.name}.part")
    try:
        # Every case is in it: for who backs up, not for every user of the machine.
        half_made.unlink(missing_ok=True)
        half_made.touch(mode=0o600)
        _run([program, "--format=custom", f"--file={half_made}", _address(url)], url)
        digest = _sha256(half_made)
        checksum_file(file).write_text(f"{digest}  {file.name}\n", encoding="utf-8")
        half_made.rename(file)
    except OSError as error:
        raise BackupError(
            f"无法写入备份 {file}：{words_of(error)}。请检查目录、权限和剩余空间。"
        ) from error
    finally:
        half_made.unlink(missing_ok=True)
    return digest


def restore(url: URL, file: Path, *, embedded: Path | None = None) -> None:
    """Put a backup into an empty database, in one transaction: all of it or nothing.

    The user must be allowed to make roles where they are missing. `embedded` is the data folder of
    an embedded database, which another one is not made beside but instead of.

    Raises:
        BackupError: the file is damaged or none of ours, or the database is not empty.
        ServerProgramsMissing, DatabaseUnavailable.
    """
    _require_sound(file)
    program = find_clients(_major(url), "pg_restore") / "pg_restore"
    with closing(Database(url)) as database, database.write() as connection:
        _require_empty(connection, embedded)
        for role in ROLES:
            _ensure_role(connection, role)
    with tempfile.TemporaryDirectory() as folder:
        contents = Path(folder) / "contents"
        contents.write_text(_contents(program, file, url), encoding="utf-8")
        options = ["--single-transaction", "--exit-on-error", "--no-owner"]
        _run([program, *options, f"--use-list={contents}", f"--dbname={_address(url)}", file], url)
    _settle(url)


def _require_sound(file: Path) -> None:
    if not file.is_file():
        raise BackupError(f"找不到备份文件 {file}。")
    noted = checksum_file(file)
    if noted.is_file() and noted.read_text(encoding="utf-8").split()[:1] != [_sha256(file)]:
        raise BackupError(f"备份 {file} 已损坏：校验值与 {noted.name} 不符。请改用另一份备份。")


def _require_empty(connection: Connection, embedded: Path | None) -> None:
    found = connection.scalar(
        text("select count(*) from pg_class where relnamespace = 'public'::regnamespace")
    )
    if found:
        name = connection.engine.url.database
        advice = (
            "请新建一个空库（create database … template template0 encoding 'UTF8'），再恢复到其中。"
            if embedded is None
            else f"请先停止驾驶舱，把数据目录 {embedded} 移走，再重新执行：会新建一个空库。"
        )
        raise BackupError(f"数据库 {name} 不是空的，未作任何改动。{advice}")


def _ensure_role(connection: Connection, role: str) -> None:
    known = connection.scalar(text("select 1 from pg_roles where rolname = :role"), {"role": role})
    if not known:
        connection.exec_driver_sql(
            f"create role {role} login nosuperuser nocreatedb nocreaterole nobypassrls"
        )


def _contents(program: Path, file: Path, url: URL) -> str:
    listed = _run([program, "--list", file], url).splitlines()
    return "\n".join(line for line in listed if DEFAULT_PRIVILEGES_ENTRY not in line) + "\n"


def _settle(url: URL) -> None:
    """What the dump left out, and figures for the planner (a dump before 18 has none)."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in DEFAULT_PRIVILEGES:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("analyze")
    engine.dispose()


def _major(url: URL) -> int:
    with closing(Database(url)) as database, database.read() as connection:
        return int(connection.scalar(text("show server_version_num")) or 0) // 10_000


def _address(url: URL) -> str:
    """The database as libpq wants it, without the password: arguments are everybody's to read."""
    parts = conninfo_to_dict(libpq_url(url))
    parts.pop("password", None)
    return make_conninfo("", **parts)


def _run(argv: list[Path | str], url: URL) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        name = Path(argv[0]).name
        said = done.stderr.strip().splitlines() or ["没有任何输出"]
        raise BackupError(f"{name} 未能完成，数据未作改动：{_advice(said[0])}（原话：{said[0]}）")
    return done.stdout


def _advice(said: str) -> str:
    """What to do about what one of PostgreSQL's programs says."""
    known = (advice for words, advice in ADVICE.items() if words in said)
    return next(known, "请按它的原话排除原因，再重新执行。")


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
