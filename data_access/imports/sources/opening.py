"""Which source a file or a query is: told by its name and first bytes, settled by the mapping."""

from pathlib import Path

from data_access.imports.mapping import FileSection
from data_access.imports.sources.delimited import DelimitedFile
from data_access.imports.sources.excel import ExcelFile
from data_access.imports.sources.geojson import GeoJsonFile
from data_access.imports.sources.parquet import ParquetFile
from data_access.imports.sources.query import DatabaseQuery
from data_access.imports.sources.rows import Source

GEOJSON_ENDINGS = (".geojson", ".json", ".geojson.gz", ".json.gz")
SIGNATURES = {b"PK\x03\x04": "excel", b"PAR1": "parquet"}


def open_source(where: str | Path, section: FileSection, *, from_url: str | None = None) -> Source:
    """The rows of a file, or with `from_url` those of a table or query; nothing is read yet."""
    if from_url is not None:
        return DatabaseQuery(from_url, str(where))
    path = Path(where)
    match form_of(path):
        case "excel":
            return ExcelFile(path, sheet=section.sheet, header_row=section.header_row)
        case "parquet":
            return ParquetFile(path)
        case "geojson":
            return GeoJsonFile(path)
    return DelimitedFile(path, encoding=section.encoding, delimiter=section.delimiter)


def form_of(path: Path) -> str:
    """`excel`, `parquet`, `geojson` or `delimited`, by the first bytes, then by the name."""
    try:
        with path.open("rb") as stored:
            known = SIGNATURES.get(stored.read(4))
    except OSError:
        known = None  # said by whoever reads it
    if known:
        return known
    return "geojson" if path.name.lower().endswith(GEOJSON_ENDINGS) else "delimited"
