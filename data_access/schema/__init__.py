"""The governance database as SQLAlchemy Core tables, one module per subject.

Only table shapes stand here: no statements, no triggers (see `data_access.live_schema`) and no
migrations. There is on purpose no column for a name of a person, an ID number, a telephone
number, a person's address or free text about people; `tests/data_access/test_schema.py` keeps it.

Times are `timestamptz`; days and months are local dates of the database's zone. "Region" columns
are `regions.id`, the identity that survives a change of code.
"""

from data_access.schema.base import metadata
from data_access.schema.cases import (
    agreements,
    case_versions,
    disputes,
    incidents,
    reception_versions,
    receptions,
    return_visits,
    steps,
)
from data_access.schema.figures import (
    daily_figure_versions,
    form_submissions,
    patrols,
    population,
    reported_values,
    staffing,
    targets,
    work_calendar,
)
from data_access.schema.operations import (
    archived_months,
    case_doubts,
    case_holds,
    database_facts,
    import_batches,
    import_findings,
    outbox,
    rollup_archive,
    rollup_deltas,
    rollup_months,
    rollup_slots,
    rollup_spreads,
    rollups,
    screen_requests,
    sealed_months,
    snapshots,
    spread_deltas,
    sync_contacts,
    sync_watermarks,
)
from data_access.schema.regions import (
    geometry_sets,
    organisations,
    ranking_groups,
    region_geometries,
    region_lineage,
    region_ranking_groups,
    regions,
    zone_towns,
)
from data_access.schema.sources import (
    code_lists,
    code_mappings,
    codes,
    default_coordinates,
    sources,
)

__all__ = [
    "agreements",
    "archived_months",
    "case_doubts",
    "case_holds",
    "case_versions",
    "code_lists",
    "code_mappings",
    "codes",
    "daily_figure_versions",
    "database_facts",
    "default_coordinates",
    "disputes",
    "form_submissions",
    "geometry_sets",
    "import_batches",
    "import_findings",
    "incidents",
    "metadata",
    "organisations",
    "outbox",
    "patrols",
    "population",
    "ranking_groups",
    "reception_versions",
    "receptions",
    "region_geometries",
    "region_lineage",
    "region_ranking_groups",
    "regions",
    "reported_values",
    "return_visits",
    "rollup_archive",
    "rollup_deltas",
    "rollup_months",
    "rollup_slots",
    "rollup_spreads",
    "rollups",
    "screen_requests",
    "sealed_months",
    "snapshots",
    "sources",
    "spread_deltas",
    "staffing",
    "steps",
    "sync_contacts",
    "sync_watermarks",
    "targets",
    "work_calendar",
    "zone_towns",
]
