"""Commands that bring data in: imports, polling of other databases, departments' monthly forms."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.chinese import Commands
from cli.terminal import (
    REPORTS,
    On,
    Reports,
    console,
    draw,
    open_database,
    progress_bars,
    say,
    stop_event,
)
from dashboard.errors import ImportRefused

if TYPE_CHECKING:
    from data_access.imports.incidents import ImportOutcome

app = Commands()


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
    from data_access.imports.mapping_file import require_kind
    from data_access.imports.sources.address import address_of
    from data_access.installation import require_current_schema

    address = address_of(from_url, from_url_env)
    if init:
        written = first_mapping.write(kind, source, mapping, from_url=address)
        return say(f"已写入 {written}。请检查其中的“请核对”各处，再以 --mapping 导入。")
    require_kind(kind)
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
    show_outcome(outcome)
    if outcome.rows_read and not outcome.rows_accepted:
        raise ImportRefused("没有一行可以接受，未导入任何数据；原因见检查报告，改正后重新导入。")


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
    """What an import did: rows, what became of them, checks, and where the report is."""
    table = Table("行", "数", title="此前已导入，未作改动" if outcome.is_repeat else None)
    table.add_row("读入", f"{outcome.rows_read:,}" if outcome.rows_read else "0（没有数据行）")
    table.add_row("接受", f"{outcome.rows_accepted:,}")
    if not outcome.is_repeat:
        table.add_row("　新增", f"{outcome.inserted:,}")
        table.add_row("　有改动", f"{outcome.updated:,}")
        table.add_row("　未变", f"{outcome.unchanged:,}")
    table.add_row("拒绝", f"{outcome.rows_rejected:,}")
    table.add_row("接受但存疑", f"{outcome.rows_doubtful:,}")
    for check in outcome.checks:
        table.add_row(f"{'拒绝' if check.rejects else '存疑'}：{check.title}", f"{check.rows:,}")
    draw(table)
    if outcome.rows_rejected:
        console.print("被拒绝的行也可能另有存疑之处，各项检查都计入。", soft_wrap=True)
    console.print(f"检查报告：{outcome.report}", soft_wrap=True)


@app.command()
def template(
    form: Annotated[str, typer.Argument(metavar="报表", help="报表名，如 心理服务；all 表示全部")],
    month: Annotated[str, typer.Argument(metavar="月份", help="报送月份，如 2026-11")],
    region: Annotated[str | None, typer.Option(help="区划代码；默认全域")] = None,
    out: Annotated[Path, typer.Option(help="存放的目录")] = Path(),
    on: On = "main",
) -> None:
    """生成部门月报的 Excel 表样，每个县(市、区)一行，带填报检查。已有的文件不会被覆盖。"""
    from dashboard.reporting_forms import FORMS, form_named, month_named
    from data_access.forms import publishing, writing
    from data_access.installation import require_current_schema

    wanted = FORMS if form == "all" else (form_named(form),)
    first = month_named(month)
    with open_database(on) as opened:
        require_current_schema(opened)
        with opened.read() as connection:
            sheets = [publishing.sheet_for(connection, each, first, region) for each in wanted]
    writing.require_no_file((sheet for sheet, _ in sheets), out)
    for sheet, due in sheets:
        written = writing.write(sheet, due, out)
        say(f"已写入 {written}（{len(sheet.units)}个单位，{due} 截止）。")


@app.command("import-form")
def import_form(
    files: Annotated[
        list[Path], typer.Argument(metavar="文件", help="填好的表样（.xlsx），可有多个")
    ],
    on: On = "main",
) -> None:
    """导入填好的部门月报。有一处不对，各张都不导入；同一文件再次导入不改变任何数据。"""
    from data_access.forms import publishing, reading
    from data_access.installation import require_current_schema

    forms = [reading.read(file) for file in files]
    with open_database(on) as opened:
        require_current_schema(opened)
        outcomes = publishing.publish_all(opened, forms, datetime.now(UTC))
    for form, outcome in zip(forms, outcomes, strict=True):
        say(f"{form.file_name}：{outcome.in_words()}")
