"""Commands that tell how good the data are, and what the indicators mean."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.chinese import Commands
from cli.terminal import On, console, draw, lines_table, open_database, say
from dashboard.errors import DataUnavailable

INDICATOR_PAGE = Path(__file__).parents[1] / "docs" / "indicators.md"

app = Commands()


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
        if lines:
            draw(lines_table(title, quality_tables.HEADS[1:], [line[1:] for line in lines]))
        else:
            console.print(f"{title}：{quality_tables.NOTHING_FOUND[title]}", soft_wrap=True)
    if csv is not None:
        quality_tables.write(report, csv)
        say(f"已写入 {csv}{'（演示数据）' if report.is_demo else ''}。")
    if not report.is_well:
        raise DataUnavailable(quality_tables.verdict(report))
    say("没有中断的来源，全部指标可以计算。")


@app.command()
def indicators() -> None:
    """由代码重新生成 docs/indicators.md。"""
    from layouts.documents.indicator_dictionary import indicator_dictionary

    INDICATOR_PAGE.write_text(indicator_dictionary(), encoding="utf-8")
    say(f"已写入 {INDICATOR_PAGE}。")
