"""Where the address of another database comes from: the environment, wherever it holds a secret.

A command line stands in the list of processes and in the shell's history, a file in backups; so a
password is taken from neither. What an address says of itself in messages stands here too.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dashboard.errors import ImportRefused

# Parts of the keys of an address's query by which drivers take secrets (access_token, api_key …),
# keys that only name a file, and the part of an ODBC string.
SECRET_KEY_PARTS = ("pass", "pwd", "token", "secret", "key")
KEYS_OF_PATHS = frozenset({"sslkey", "ssl_key", "passfile"})
ODBC_SECRETS = ("pwd=", "password=")


def address_of(
    url: str | None, variable: str | None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """The address given by `--from-url` or named by `--from-url-env`; None where neither is.

    Raises:
        ImportRefused: both are given, the variable is not set, or the address on the command line
            holds a password or is none; the sentence repeats no part of an address.
    """
    if url is not None and variable is not None:
        raise ImportRefused("--from-url 和 --from-url-env 只能用一个。未作任何改动。")
    if variable is not None:
        return _of_environment(variable, environment)
    if url is not None:
        _refuse_secret(url)
    return url


def lacks_its_file(url: URL) -> bool:
    """Whether an address is of a SQLite file that is not there: its driver would make one."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return False
    return not url.database.startswith((":memory:", "file:")) and not Path(url.database).is_file()


def _of_environment(variable: str, environment: Mapping[str, str]) -> str:
    if "://" in variable:
        raise ImportRefused(
            "--from-url-env 后面应是环境变量的名字（如 HIS_URL），不是地址本身。"
            "请把地址放进环境变量；其中若有口令，它已经露出，建议更换。"
        )
    address = environment.get(variable)
    if not address:
        raise ImportRefused(
            f"缺少环境变量 {variable}：--from-url-env 以它指明另一数据库的地址"
            "（SQLAlchemy，如 postgresql+psycopg://…）。请设置后重新执行。"
        )
    return address


def _refuse_secret(url: str) -> None:
    try:
        holds_secret = _holds_secret(make_url(url))
    except (ArgumentError, ValueError):
        # Its password cannot be told from the rest.
        raise ImportRefused(
            "--from-url 不是有效的数据库地址（SQLAlchemy，如 postgresql+psycopg://用户@主机/库）。"
            "带口令的地址请放进环境变量，改用 --from-url-env。"
        ) from None
    if holds_secret:
        raise ImportRefused(
            "--from-url 里不能写口令：命令行会留在历史记录和进程列表里。"
            "请把整个地址放进环境变量（如 HIS_URL），改用 --from-url-env HIS_URL；"
            "这个口令已经露出，建议更换。未作任何改动。"
        )


def _holds_secret(url: URL) -> bool:
    if url.password is not None:
        return True
    # What stands before the last @ belongs to the user, however many there are of them.
    if "@" in (url.host or "") or ":" in (url.username or ""):
        return True
    for key, value in url.query.items():
        name = key.lower()
        if name not in KEYS_OF_PATHS and any(part in name for part in SECRET_KEY_PARTS):
            return True
        texts = (value,) if isinstance(value, str) else value
        if any(
            secret in text.lower().replace(" ", "") for text in texts for secret in ODBC_SECRETS
        ):
            return True
    return False
