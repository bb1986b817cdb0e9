"""Addresses of other databases: no password comes by the command line, and none is repeated."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from dashboard.errors import ImportRefused
from data_access.imports.sources.address import address_of, lacks_its_file
from data_access.imports.sources.query import DatabaseQuery

ADDRESS = "postgresql+psycopg://reader:hunter2@10.0.0.1/his"


def test_the_variable_that_is_named_holds_the_address() -> None:
    assert address_of(None, "HIS_URL", {"HIS_URL": ADDRESS}) == ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///rows.db",
        "postgresql+psycopg://reader@10.0.0.1/his?sslmode=require",
        "postgresql+psycopg://reader@10.0.0.1/his?sslkey=/etc/his.key&passfile=/etc/his.pass",
        "mysql+pymysql://reader@10.0.0.1/his?ssl_key=/etc/his.key",
        None,
    ],
)
def test_an_address_without_a_password_may_be_written_down(url: str | None) -> None:
    assert address_of(url, None, {}) == url


@pytest.mark.parametrize(
    "url",
    [
        ADDRESS,
        "postgresql+psycopg://reader:@10.0.0.1/his",
        "postgresql+psycopg://10.0.0.1/his?user=reader&password=hunter2",
        "mysql+pymysql://10.0.0.1/his?PASSWD=hunter2",
        "databricks://10.0.0.1/his?access_token=hunter2",
        "snowflake://account/his?private_key_passphrase=hunter2",
        "kingbase://10.0.0.1/his?api_key=hunter2",
        "trino://10.0.0.1/his?clientSecret=hunter2",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Da%3BPWD+%3Dhunter2",
        "dm+dmPython://reader%3Ahunter2@10.0.0.1/his",
    ],
)
def test_a_password_on_the_command_line_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(ImportRefused, match="--from-url-env HIS_URL") as refused:
        address_of(url, None, {})
    assert "hunter2" not in str(refused.value)
    assert "reader" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "variable", "said"),
    [
        ("host=10.0.0.1 password=hunter2", None, "不是有效的数据库地址"),
        ("postgresql://reader:hunter2", None, "不是有效的数据库地址"),
        (None, "HIS_URL", "缺少环境变量 HIS_URL"),
        (None, ADDRESS, "应是环境变量的名字"),
        ("sqlite:///rows.db", "HIS_URL", "只能用一个"),
    ],
)
def test_what_is_no_address_is_said_without_repeating_it(
    url: str | None, variable: str | None, said: str
) -> None:
    with pytest.raises(ImportRefused, match=said) as refused:
        address_of(url, variable, {"HIS_URL": ""})
    assert "hunter2" not in str(refused.value)
    # Nor in what a traceback would show.
    assert refused.value.__cause__ is None


def test_a_mistyped_path_of_a_sqlite_file_is_refused_and_no_file_made(tmp_path: Path) -> None:
    missing = tmp_path / "rows.db"
    with pytest.raises(ImportRefused, match="SQLite 文件不存在") as refused:
        DatabaseQuery(f"sqlite:///{missing}", "cases").header()
    assert "rows.db" not in str(refused.value)
    assert not missing.exists()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x.db?uri=true", "mysql://h/x"]
)
def test_other_addresses_have_no_file_to_lack(url: str) -> None:
    assert not lacks_its_file(make_url(url))
