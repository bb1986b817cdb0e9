"""The wall's page alone, for tests and for the eye: sample snapshots, no database, no live stream.

`python -m tests.browser.wall_harness PORT` serves /<name of a function in snapshot_samples or
wall_samples>; the state and the theme are set on the body by whoever looks.
"""

import sys
from pathlib import Path

import uvicorn
from dash import Dash, Input, Output, dcc, html

from dashboard.snapshot import Snapshot
from layouts import wall
from layouts.map import LOCATION_ID
from tests import snapshot_samples
from tests.browser import map_harness, wall_samples
from tests.built_in import built_in_wall

ROOT = Path(__file__).parents[2]


def create_app() -> Dash:
    """An app whose address names the sample it shows; the map gets made-up layers."""
    app = Dash(
        backend="fastapi",
        assets_folder=str(ROOT / "assets"),
        assets_ignore=r"^(live|service_worker).*",
        serve_locally=True,
    )
    app.layout = html.Div([dcc.Location(id=LOCATION_ID), html.Div(id="page")])

    @app.callback(Output("page", "children"), Input(LOCATION_ID, "pathname"))
    def show(path: str) -> html.Div:
        return page(path.strip("/") or "wall")

    # Dash does this before its first own route; /wall is none of them.
    app._setup_server()
    map_harness.add_addresses(app.server)
    return app


def page(sample: str) -> html.Div:
    """The page of a sample; `frame` is the page before any snapshot."""
    if sample == "frame":
        return wall.build(built_in_wall())
    return wall.build(built_in_wall(), sample_named(sample))


def sample_named(name: str) -> Snapshot:
    """The sample of that name, of everybody's or of the browser's own."""
    module = wall_samples if hasattr(wall_samples, name) else snapshot_samples
    made: Snapshot = getattr(module, name)()
    return made


if __name__ == "__main__":
    uvicorn.run(create_app().server, port=int(sys.argv[1]), log_level="warning")
