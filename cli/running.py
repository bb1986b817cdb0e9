"""Commands that run the cockpit: the demo, real use, and the processes both of them start."""

import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import psutil
import typer

from cli.chinese import Commands
from cli.importing import show_outcome
from cli.terminal import REPORTS, Reports, progress_bars, say, stop_event
from dashboard.errors import SettingsError
from dashboard.settings import Settings

if TYPE_CHECKING:
    from data_access.installation import Installation

ROOT = Path(__file__).parents[1]
BOSTON_MAPPING = ROOT / "docs" / "examples" / "boston_311.toml"
DEMO_ZONE = "Asia/Shanghai"
# A moment in the file: nothing of 2015 is of today.
BOSTON_ADDRESS = "/wall?as_of=2015-09-01T12:00"
DEMO_ROOM = 4 * 1024**3  # 3 GB were used at most while filling

app = Commands()


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="同一种子生成同样的数据")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(help="数据生成到此刻为止，不再写入新案件（默认现在，持续写入）"),
    ] = None,
) -> None:
    """演示：内嵌数据库、虚构数据、持续写入的新案件、大屏。Ctrl-C 全部停止。"""
    from data_access.demo import loader
    from data_access.installation import Installation
    from data_access.service import cockpit_program

    writer = cockpit_program("演示数据写入", "demo-writer", "--seed", str(seed))
    end = until.replace(tzinfo=ZoneInfo(DEMO_ZONE)) if until else None
    fill = loader.filled_with(seed, end)
    others = () if until else (writer,)
    show(Installation(name="demo", zone=DEMO_ZONE, fill=fill, others=others, room=DEMO_ROOM))


@app.command()
def demo_boston(
    file: Annotated[
        Path | None, typer.Argument(metavar="文件", help="boston_311_2015.csv.gz")
    ] = None,
    reports: Reports = REPORTS,
) -> None:
    """用真实热线数据演示：导入波士顿 311 文件（导入过以后可不带文件）。"""
    from data_access.installation import Installation, filled_from_file

    fill = filled_from_file(file, BOSTON_MAPPING, reports=reports, tell=show_outcome)
    show(
        Installation(name="boston", database="boston", zone="America/New_York", fill=fill),
        BOSTON_ADDRESS,
    )


@app.command()
def serve() -> None:
    """正式运行：数据库由 COCKPIT_DATABASE_URL 指定，不设则用内嵌数据库。"""
    from data_access import installation

    settings = Settings.from_environment()
    with progress_bars() as report:
        installation.serve(settings, say=say, report=report, on_ready=lambda: announce(settings))


def show(installation: "Installation", address: str = "/wall") -> None:
    """Run an installation on this terminal until Ctrl-C; `address` is what to look at first."""
    from data_access.installation import run

    settings = Settings.from_environment()
    with progress_bars() as report:
        ready = partial(announce, settings, address)
        run(settings, installation, say=say, report=report, on_ready=ready)
    say("已全部停止。")


def announce(settings: Settings, address: str = "/wall") -> None:
    """Where the wall is, and how long it took to be there."""
    seconds = time.time() - psutil.Process().create_time()
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    say(
        f"大屏已就绪：http://{host}:{settings.port}{address} （用时 {seconds:.0f} 秒；Ctrl-C 停止）"
    )


@app.command(hidden=True)
def snapshotter() -> None:
    """计算快照的进程（由 demo、serve 启动）。"""
    from dashboard.screens import load_screens
    from data_access import snapshotter as process

    settings = Settings.from_environment()
    screens = load_screens(settings.screens)
    process.run(child_database_url(), stop_event(), screens, settings.read_database_url)


@app.command(hidden=True)
def demo_writer(seed: int = 1) -> None:
    """持续写入演示数据的进程（由 demo 启动）。"""
    from data_access.demo import writer

    writer.run(child_database_url(), seed, stop_event())


def child_database_url() -> str:
    """The database that whoever started this process named."""
    url = Settings.from_environment().database_url
    if url is None:
        raise SettingsError("缺少 COCKPIT_DATABASE_URL：此命令由 cockpit demo 或 serve 启动。")
    return url
