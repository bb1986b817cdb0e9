"""The `cockpit` command: what an operator types, what is said back, nothing else.

Each command reads its arguments and calls one function; the work stands in the packages. Those are
imported inside the commands, so that `cockpit --help` and small commands start at once.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import psutil
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli_chinese import Commands, run
from dashboard.errors import CockpitError, DataUnavailable, ImportRefused, SettingsError
from dashboard.settings import Settings

if TYPE_CHECKING:
    from data_access.database import Database
    from data_access.imports.incidents import ImportOutcome
    from data_access.installation import Installation
    from data_access.rollups import WrongFigure

ROOT = Path(__file__).parent
BOSTON_MAPPING = ROOT / "docs" / "examples" / "boston_311.toml"
INDICATOR_PAGE = ROOT / "docs" / "indicators.md"
REPORTS = Path("artifacts/imports")
ARCHIVES = Path("artifacts/archives")
DEMO_ZONE = "Asia/Shanghai"
# A moment in the file: nothing of 2015 is of today.
BOSTON_ADDRESS = "/wall?as_of=2015-09-01T12:00"
DEMO_ROOM = 4 * 1024**3  # 3 GB were used at most while filling

Reports = Annotated[Path, typer.Option(help="检查报告存放的目录")]
On = Annotated[str, typer.Option("--on", help="内嵌数据库：main、demo 或 boston")]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
app = Commands("综治中心数字驾驶舱", no_args_is_help=True, pretty_exceptions_enable=False)
database = Commands("治理数据库：升级、核对、查看", no_args_is_help=True)
app.add_typer(database, name="db")


def main() -> None:
    """Run a command; what is not as it must be is said in its own sentence, with status 1."""
    try:
        status = run(app)
    except CockpitError as error:
        say(str(error))
        status = 1
    if status:
        sys.exit(status)


def say(sentence: str) -> None:
    """One sentence for the operator, on stderr: stdout is for results."""
    errors.print(sentence, markup=False, soft_wrap=True)


@contextmanager
def progress_bars() -> Iterator["ProgressBars"]:
    """Bars for the block; the last one stays on the terminal however the block ends."""
    bars = ProgressBars()
    try:
        yield bars
    finally:
        bars.stop()


class ProgressBars:
    """One bar a step, one step after the other."""

    def __init__(self) -> None:
        self._step = ""
        self._bar = Progress(console=errors)

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` of a step is done; a finished bar is left alone."""
        if step != self._step:
            self._begin(step)
        task = self._bar.tasks[0]
        self._bar.update(task.id, completed=done, total=total)
        if done >= total:
            self.stop()

    def _begin(self, step: str) -> None:
        self.stop()
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self._bar = Progress(*columns, TimeElapsedColumn(), console=errors)
        self._bar.add_task(step)
        self._bar.start()
        self._step = step

    def stop(self) -> None:
        """Leave the bar as it is on the terminal."""
        self._bar.stop()


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


def stop_event() -> threading.Event:
    """An event that a stop signal sets, for processes that end at their next round."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def open_database(on: str, *, may_be_new: bool = False) -> Iterator["Database"]:
    """The database a command works on; only who fills it may find none yet."""
    from data_access.database import Database
    from data_access.service import operators_database

    name = "boston" if on == "boston" else "cockpit"
    settings = Settings.from_environment()
    found = operators_database(settings, on, name, may_be_new=may_be_new)
    with found as url, closing(Database(url)) as opened:
        yield opened


@database.command()
def migrate(
    on: On = "main",
    zone: Annotated[str | None, typer.Option(help="新库的时区（IANA 名）")] = None,
) -> None:
    """把数据库结构升级到本程序的版本。"""
    from data_access import migrating

    with open_database(on, may_be_new=True) as opened:
        migrating.migrate(opened.url, zone=zone)
    say("数据库结构已是最新。")


@database.command()
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


@database.command()
def rebuild(on: On = "main") -> None:
    """由明细行重新计算全部汇总。"""
    from data_access import rollups

    with open_database(on) as opened, opened.write() as connection:
        rollups.rebuild(connection)
    say("汇总已重新计算。")


@database.command()
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


@database.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="文件", help="备份文件")], on: On = "main"
) -> None:
    """把备份恢复到一个空库；要么全部恢复，要么不留痕迹。"""
    from data_access import backup

    with open_database(on, may_be_new=True) as opened:
        backup.restore(opened.url, file)
    say(f"已由 {file} 恢复。请执行 cockpit db migrate，再以 cockpit db verify 核对。")


@database.command()
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


@database.command()
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
    say(f"已分布 {len(declared)} 张表。")


@database.command()
def status(on: On = "main") -> None:
    """版本、案件数、各来源最近一次联系。"""
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
    for source, at in found.contacts:
        table.add_row(source, f"{at:%Y-%m-%d %H:%M:%S %Z}" if at else "从未联系")
    console.print(table)


@app.command("import", no_args_is_help=True)
def import_rows(
    kind: Annotated[
        str, typer.Argument(metavar="种类", help="种类：incidents、disputes、regions …，见文档")
    ],
    source: Annotated[
        str,
        typer.Argument(metavar="来源", help="文件（CSV、Excel、Parquet、GeoJSON），或表名、查询"),
    ],
    mapping: Annotated[Path | None, typer.Option(help="映射文件，见 docs/data-formats.md")] = None,
    init: Annotated[bool, typer.Option("--init", help="不导入，只看文件并写出映射的初稿")] = False,
    from_url: Annotated[
        str | None, typer.Option(help="另一数据库的地址（SQLAlchemy），不含口令")
    ] = None,
    from_url_env: Annotated[
        str | None, typer.Option(help="存放该地址的环境变量名；地址带口令时只能这样")
    ] = None,
    reports: Reports = REPORTS,
    on: On = "main",
) -> None:
    """导入部门交来的数据。中断后重新执行即继续；同一文件再次导入不改变任何数据。"""
    if kind == "form":
        return import_form([Path(source)], on)
    from data_access.imports import command, first_mapping
    from data_access.imports.sources.address import address_of
    from data_access.installation import require_current_schema

    address = address_of(from_url, from_url_env)
    if init:
        written = first_mapping.write(kind, source, mapping, from_url=address)
        return say(f"已写入 {written}。请检查其中的“请核对”各处，再以 --mapping 导入。")
    if mapping is None:
        raise ImportRefused("请用 --mapping 指明映射文件；没有时先用 --init 写出初稿。")
    with open_database(on) as opened, progress_bars() as report:
        require_current_schema(opened)
        outcome = command.import_rows(
            opened,
            kind,
            source,
            mapping,
            report_folder=reports,
            from_url=address,
            progress=report,
        )
    return show_outcome(outcome)


@app.command(no_args_is_help=True)
def sync(
    file: Annotated[
        Path, typer.Argument(metavar="文件", help="TOML：有哪些来源，多久问一次，见文档")
    ],
    once: Annotated[bool, typer.Option("--once", help="各来源只问一次")] = False,
    reports: Reports = REPORTS,
    on: On = "main",
) -> None:
    """定时从其他数据库取新增、迟到、更正、删除的行，直到停止；来源中断时自行等待并恢复。"""
    from data_access.installation import require_current_schema
    from data_access.syncing import plan, running

    sources = plan.load(file)
    with open_database(on) as opened:
        require_current_schema(opened)
        if once:
            return running.once(opened, sources, report_folder=reports, say=say)
        say(f"开始同步 {len(sources)} 个来源（Ctrl-C 停止）。")
        running.run(opened, sources, report_folder=reports, say=say, stop=stop_event())
    return say("已停止同步。")


def show_outcome(outcome: "ImportOutcome") -> None:
    """What an import did: rows, checks, and where the report is."""
    table = Table("行", "数", title="此前已导入，未作改动" if outcome.is_repeat else None)
    table.add_row("读入", f"{outcome.rows_read:,}")
    table.add_row("接受", f"{outcome.rows_accepted:,}")
    table.add_row("拒绝", f"{outcome.rows_rejected:,}")
    table.add_row("接受但存疑", f"{outcome.rows_doubtful:,}")
    for check in outcome.checks:
        table.add_row(f"{'拒绝' if check.rejects else '存疑'}：{check.title}", f"{check.rows:,}")
    console.print(table)
    console.print(f"检查报告：{outcome.report}", soft_wrap=True)


@app.command()
def template(
    form: Annotated[str, typer.Argument(metavar="报表", help="报表名，如 心理服务；all 表示全部")],
    month: Annotated[str, typer.Argument(metavar="月份", help="报送月份，如 2026-11")],
    region: Annotated[str | None, typer.Option(help="区划代码；默认全域")] = None,
    out: Annotated[Path, typer.Option(help="存放的目录")] = Path(),
    on: On = "main",
) -> None:
    """生成部门月报的 Excel 表样，每个县(市、区)一行，带填报检查。"""
    from dashboard.reporting_forms import FORMS, form_named, month_named
    from data_access.forms import publishing, writing

    wanted = FORMS if form == "all" else (form_named(form),)
    first = month_named(month)
    with open_database(on) as opened, opened.read() as connection:
        for each in wanted:
            sheet, due = publishing.sheet_for(connection, each, first, region)
            written = writing.write(sheet, due, out)
            say(f"已写入 {written}（{len(sheet.units)}个单位，{due} 截止）。")


@app.command("import-form")
def import_form(
    files: Annotated[
        list[Path], typer.Argument(metavar="文件", help="填好的表样（.xlsx），可有多个")
    ],
    on: On = "main",
) -> None:
    """导入填好的部门月报。有一处不对则整张退回；同一文件再次导入不改变任何数据。"""
    from data_access.forms import publishing, reading
    from data_access.installation import require_current_schema

    filled = [(file, reading.read(file)) for file in files]
    with open_database(on) as opened:
        require_current_schema(opened)
        for file, form in filled:
            with opened.write() as connection:
                handed = publishing.publish(connection, form, datetime.now(UTC))
            say(f"{file.name}：{handed.in_words()}")


@app.command()
def check(
    on: On = "main",
    region: Annotated[str | None, typer.Option(help="区划代码；默认全域")] = None,
    days: Annotated[int, typer.Option(help="看最近几天登记的案件", min=1, max=366)] = 7,
    csv: Annotated[Path | None, typer.Option(help="另存为 CSV 文件")] = None,
) -> None:
    """数据质量：来源、指标、字段、月报、导入、界线；有中断或不能计算的指标时退出码为 1。"""
    from data_access import quality_readings
    from data_access.installation import require_current_schema
    from layouts.documents import quality_tables

    with open_database(on) as opened:
        require_current_schema(opened)
        report = quality_readings.read(opened, region, days=days, now=datetime.now(UTC))
    for title, lines in quality_tables.worth_telling(report).items():
        said = lines_table(title, quality_tables.HEADS[1:], [line[1:] for line in lines])
        console.print(said if lines else f"{title}：{quality_tables.NOTHING_FOUND[title]}")
    if csv is not None:
        quality_tables.write(report, csv)
        say(f"已写入 {csv}{'（演示数据）' if report.is_demo else ''}。")
    if not report.is_well:
        raise DataUnavailable(quality_tables.verdict(report))
    say("没有中断的来源，全部指标可以计算。")


def lines_table(title: str, heads: Iterable[str], lines: Iterable[Iterable[str]]) -> Table:
    """A table for the terminal."""
    table = Table(*heads, title=title, title_justify="left")
    for line in lines:
        table.add_row(*map(escape, line))
    return table


@app.command()
def indicators() -> None:
    """由代码重新生成 docs/indicators.md。"""
    from layouts.documents.indicator_dictionary import indicator_dictionary

    INDICATOR_PAGE.write_text(indicator_dictionary(), encoding="utf-8")
    say(f"已写入 {INDICATOR_PAGE}。")


if __name__ == "__main__":
    main()
