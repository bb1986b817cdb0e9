"""The `cockpit` command: what an operator types, what is said back, nothing else.

Each command reads its arguments and calls one function; the work stands in the packages. Those are
imported inside the commands, so that `cockpit --help` and small commands start at once.
"""

import sys

from cli import database, importing, quality, running
from cli.chinese import Commands, run
from cli.terminal import say
from dashboard.errors import CockpitError

app = Commands("综治中心数字驾驶舱", no_args_is_help=True, pretty_exceptions_enable=False)
for commands in (running.app, importing.app, quality.app):
    app.add_typer(commands)
app.add_typer(database.app, name="db")


def main() -> None:
    """Run a command; what is not as it must be is said in its own sentence, with status 1."""
    try:
        status = run(app)
    except CockpitError as error:
        say(str(error))
        status = 1
    if status:
        sys.exit(status)
