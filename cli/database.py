"""Commands on the governance database: upgrade, check, back up, archive, distribute, look."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from cli.chinese import Commands
from cli.terminal import On, draw, embedded_folder, lines_table, open_database, say
from dashboard.errors import DataUnavailable

if TYPE_CHECKING:
    from data_access.rollups import WrongFigure

ARCHIVES = Path("artifacts/archives")

app = Commands("治理数据库：升级、核对、查看", no_args_is_help=True)


@app.command()
def migrate(
    on: On = "main",
    zone: Annotated[str | None, typer.Option(help="新库的时区（IANA 名）")] = None,
) -> None:
    """把数据库结构升级到本程序的版本。"""
    from data_access import migrating
    from data_access.database_status import database_status

    with open_database(on, may_be_new=True) as opened:
        with opened.read() as connection:
            before = database_status(connection).revision
        migrating.migrate(opened.url, zone=zone)
        with opened.read() as connection:
            now = database_status(connection)
    if before is None:
        say(f"已建立数据库结构（版本 {now.revision}，时区 {now.zone}）。")
    elif before != now.revision:
        say(f"数据库结构已由版本 {before} 升级到 {now.revision}。")
    else:
        say("数据库结构已是最新。")


@app.command()
def verify(
    on: On = "main",
    repair: Annotated[bool, typer.Option("--repair", help="改正有差异的汇总")] = False,
    whole: Annotated[bool, typer.Option("--all", help="已封存的月份也由明细重新核对")] = False,
) -> None:
    """逐日核对汇总与明细行；有差异而未改正时退出码为 1。已封存的月份只核对校验码。"""
    from data_access import verifying
    from data_access.installation import require_current_schema

    with open_database(on) as opened:
        require_current_schema(opened)
        found = verifying.verify(opened, repair=repair, whole=whole)
    for month in found.broken:
        say(f"{month:%Y-%m} 的汇总与封存时不同，已由明细重新核对。")
    if found.repaired:
        return say(f"已改正 {found.repaired} 处汇总{in_words(found.examples)}。")
    if found.differences:
        raise DataUnavailable(
            f"{found.differences} 处汇总与明细不符{in_words(found.examples)}："
            "请执行 cockpit db verify --repair。"
        )
    since = f"（{found.since:%Y-%m} 以前的月份已封存，校验码相符）" if found.since else ""
    say(f"汇总与明细完全一致{since}。")


def in_words(figures: "Iterable[WrongFigure]") -> str:
    """（如区划330102 2026-11-18 registered_all 汇总12、明细13；…）; nothing for none."""
    told = "；".join(
        f"区划{figure.region_id} {figure.day} {figure.measure} "
        f"汇总{figure.kept:,}、明细{figure.counted:,}"
        for figure in figures
    )
    return f"（如{told}）" if told else ""


@app.command()
def rebuild(on: On = "main") -> None:
    """由明细行重新计算全部汇总。"""
    from data_access import rollups
    from data_access.installation import require_current_schema

    with open_database(on) as opened:
        require_current_schema(opened)
        with opened.write() as connection:
            rollups.rebuild(connection)
    say("汇总已重新计算。")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="文件", help="备份文件，不得已存在")],
    on: On = "main",
) -> None:
    """把整个数据库备份成一个文件，校验值另存一份；期间照常读写。"""
    from data_access import backup, facts

    with open_database(on) as opened:
        digest = backup.backup(opened.url, file)
        with opened.read() as connection:
            of_demo = "演示数据，" if facts.is_demo(connection) else ""
    size = f"{file.stat().st_size / 1024**2:,.0f} MB"
    say(f"已备份到 {file}（{of_demo}{size}，SHA-256 {digest[:12]}…）。")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="文件", help="备份文件")], on: On = "main"
) -> None:
    """把备份恢复到一个空库；要么全部恢复，要么不留痕迹。"""
    from data_access import backup

    with open_database(on, may_be_new=True) as opened:
        backup.restore(opened.url, file, embedded=embedded_folder(on))
    say(f"已由 {file} 恢复。请执行 cockpit db migrate，再以 cockpit db verify 核对。")


@app.command()
def archive(
    before: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="归档此月以前的，如 2025-01")],
    to: Annotated[Path, typer.Option(help="归档文件存放的目录")] = ARCHIVES,
    on: On = "main",
) -> None:
    """把往年已办结的案件写成文件并移出数据库；汇总数不变，未了结的案件留下。"""
    from data_access import archiving
    from data_access.installation import require_current_schema

    def tell(month: archiving.ArchivedMonth) -> None:
        say(f"{month.month:%Y-%m}：归档 {month.cases:,} 件，留下 {month.kept:,} 件。")

    with open_database(on) as opened:
        require_current_schema(opened)
        today = datetime.now().date()
        total = archiving.archive(opened.url, before.date(), to, today=today, tell=tell)
    say(f"共归档 {total:,} 件，文件在 {to}。" if total else "没有可归档的案件。")


@app.command()
def hold(
    name: Annotated[str, typer.Argument(metavar="名称", help="小写字母、数字和连字符")],
    file: Annotated[Path, typer.Argument(metavar="文件", help="文本文件，每行一个案件编号")],
    on: On = "main",
) -> None:
    """留存案件：归档时跳过，直到解除。定稿的简报、督查调卷所用的明细由此留在库中。"""
    from data_access import holds
    from data_access.installation import require_current_schema

    numbers = holds.case_numbers(file)
    with open_database(on) as opened:
        require_current_schema(opened)
        with opened.write() as connection:
            cases = holds.hold(connection, name, numbers)
    say(f"{name} 留存 {cases:,} 件，归档时跳过。")


@app.command()
def release(
    name: Annotated[str, typer.Argument(metavar="名称", help="留存的名称")], on: On = "main"
) -> None:
    """解除留存：这些案件下次照常归档。"""
    from data_access import holds
    from data_access.installation import require_current_schema

    with open_database(on) as opened:
        require_current_schema(opened)
        with opened.write() as connection:
            cases = holds.release(connection, name)
    say(f"已解除 {name}，{cases:,} 件下次照常归档。")


@app.command("holds")
def list_holds(on: On = "main") -> None:
    """现有的留存：名称、件数、自何时起。"""
    from data_access import facts, holds
    from data_access.installation import require_current_schema

    with open_database(on) as opened:
        require_current_schema(opened)
        with opened.read() as connection:
            found = holds.holds(connection)
            zone = ZoneInfo(facts.zone_of(connection))
    lines = [
        (each.name, f"{each.cases:,}", f"{each.since.astimezone(zone):%Y-%m-%d %H:%M}")
        for each in found
    ]
    draw(lines_table("留存的案件", ("名称", "件数", "自"), lines))


@app.command()
def distribute(
    on: On = "main",
    drop_triggers: Annotated[
        bool, typer.Option("--drop-triggers", help="去掉触发器：变化不再自动进入汇总和大屏")
    ] = False,
) -> None:
    """把各表分布到 Citus 集群的多台机器上；没有 Citus 时只说明，不作改动。"""
    from data_access import distribution
    from data_access.installation import require_current_schema

    with open_database(on) as opened:
        require_current_schema(opened)
        with opened.write() as connection:
            declared = distribution.distribute(connection, drop_triggers=drop_triggers)
    say(
        f"已分布 {len(declared)} 张表。触发器已去掉：此后写入的变化不会自动上屏，"
        "须运行 cockpit db rebuild（见 docs/scale.md）。"
    )


@app.command()
def status(on: On = "main") -> None:
    """版本、案件数、各来源最近一次联系。"""
    from data_access import facts
    from data_access.database_status import database_status

    with open_database(on) as opened, opened.read() as connection:
        found = database_status(connection)
    table = Table(show_header=False)
    table.add_row("PostgreSQL", found.server)
    table.add_row("结构版本", f"{found.revision or '空'}（本程序 {found.newest}）")
    table.add_row("时区", found.zone or "—")
    table.add_row("事件", f"{found.incidents:,}")
    table.add_row("矛盾纠纷", f"{found.disputes:,}")
    table.add_row("未并入汇总的变化", f"{found.pending_deltas:,}")
    zone = ZoneInfo(found.zone or facts.DEFAULT_ZONE)
    for source, at in found.contacts:
        table.add_row(source, f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else "从未联系")
    draw(table)
