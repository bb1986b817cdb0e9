"""What commands say and draw on the terminal: sentences, tables, bars.

Here also what every command that works on a database needs: finding it by the operator's word, and
a stop signal. The commands themselves stand in the modules beside this one.
"""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard.settings import Settings

if TYPE_CHECKING:
    from data_access.database import Database

On = Annotated[str, typer.Option("--on", help="内嵌数据库：main、demo 或 boston")]
Reports = Annotated[Path, typer.Option(help="检查报告存放的目录")]
REPORTS = Path("artifacts/imports")
# Of a table in a file or a pipe, where there is no terminal to fit into.
WIDE = 200

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def say(sentence: str) -> None:
    """One sentence for the operator, on stderr: stdout is for results."""
    errors.print(sentence, markup=False, soft_wrap=True)


def lines_table(title: str, heads: Iterable[str], lines: Iterable[Iterable[str]]) -> Table:
    """A table for the terminal."""
    table = Table(title=title, title_justify="left")
    for head in heads:
        # A sentence in Chinese is one long word, and of such a word rich would cut the end off.
        table.add_column(head, overflow="fold")
    for line in lines:
        table.add_row(*map(escape, line))
    return table


def draw(table: Table) -> None:
    """A table on stdout: as wide as the terminal, or as `COLUMNS` says, or else wide."""
    fits = console.is_terminal or "COLUMNS" in os.environ
    Console(highlight=False, width=None if fits else WIDE).print(table)


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


def embedded_folder(on: str) -> Path | None:
    """The data folder of the embedded database; None where the settings name another database."""
    from data_access.service import embedded_server

    settings = Settings.from_environment()
    if settings.database_url is not None:
        return None
    return embedded_server(settings, on).folder.path


def stop_event() -> threading.Event:
    """An event that a stop signal sets, for processes that end at their next round."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
