"""Settings of one running cockpit: environment variables that begin with COCKPIT_.

Here: their names, defaults, limits and meaning; README's table is tested against them. Not here:
what a screen shows (its TOML file) and what a database is about (its facts).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.errors import SettingsError

PREFIX = "COCKPIT_"


class Settings(BaseModel):
    """All settings; a field `port` is read from the variable COCKPIT_PORT."""

    model_config = ConfigDict(frozen=True)

    host: str = Field(
        default="127.0.0.1", min_length=1, description="监听地址；0.0.0.0 表示对内网开放"
    )
    port: int = Field(default=8050, ge=1, le=65535, description="监听端口")
    workers: int = Field(default=2, ge=1, le=64, description="网页服务进程数")
    database_url: str | None = Field(
        default=None,
        min_length=1,
        description="PostgreSQL 15—18 的地址，如 postgresql+psycopg://cockpit@db/cockpit；"
        "不设则使用内嵌数据库",
    )
    read_database_url: str | None = Field(
        default=None,
        min_length=1,
        description="只读副本（热备库）的地址，快照由此读取；不设或它不可用时读主库",
    )
    sync: Path | None = Field(
        default=None,
        description="同步来源的文件（见 docs/data-formats.md）；设了则 cockpit serve 自己同步",
    )
    sync_database_url: str | None = Field(
        default=None,
        min_length=1,
        description="同步用的地址，须是库的所有者；不设则同 COCKPIT_DATABASE_URL",
    )
    data_folder: Path | None = Field(
        default=None,
        description="内嵌数据库的数据目录；不设则为项目目录下的 .cockpit"
        "（数据库用户进不了该目录时为 /var/lib/cockpit）",
    )
    screens: Path | None = Field(
        default=None, description="大屏配置文件（TOML）；不设则用内置的 /wall"
    )
    quiet_hour: int = Field(
        default=4, ge=0, le=23, description="大屏自行重新载入的钟点（库的时区），防止浏览器内存累积"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; an empty variable counts as not set.

        Raises:
            SettingsError: naming every variable that is wrong, what it was, what is expected.
        """
        given = {
            name: environment[variable(name)]
            for name in cls.model_fields
            if environment.get(variable(name))
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError(_explained(error)) from error

    def environment(self) -> dict[str, str]:
        """The variables that make a child process read these same settings."""
        values = self.model_dump(exclude_none=True)
        return {variable(name): str(value) for name, value in values.items()}


def variable(field: str) -> str:
    """Name of the environment variable of a field."""
    return f"{PREFIX}{field.upper()}"


def _explained(error: ValidationError) -> str:
    wrong = [
        f"{variable(str(problem['loc'][0]))}={problem['input']}"
        f"（应为{_expected(str(problem['loc'][0]))}）"
        for problem in error.errors()
    ]
    return f"设置有误：{'；'.join(wrong)}。请改正或去掉这些环境变量，然后重新执行。"


def _expected(field: str) -> str:
    info = Settings.model_fields[field]
    limits = {type(limit).__name__: limit for limit in info.metadata}
    if "Ge" in limits and "Le" in limits:
        return f" {limits['Ge'].ge}—{limits['Le'].le} 的整数"
    return str(info.description)
