"""What a list of /quality is made of: what was asked, and the statement that answers it.

The lists themselves stand in `quality_lists`, `quality_import_lists`, `quality_other_lists`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.errors import UnknownAddress
from dashboard.quality import SourceQuality
from dashboard.quality_addresses import QualityAddress
from data_access.quality_window import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What a list is of, in words, and the statement of its rows (`select … from … where …`)."""

    title: str
    about: str
    columns: str
    rows: str
    order: str
    parameters: dict[str, Any]
    consequence: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An address and what it is read by."""

    connection: Connection
    address: QualityAddress
    place: Place
    as_of: datetime
    zone: ZoneInfo
    sources: dict[str, SourceQuality]

    def source(self) -> SourceQuality | None:
        """The source asked for; None for all, or for one that the table of sources doesn't know.

        Raises:
            UnknownAddress: its key is that of no source.
        """
        key = self.address.source
        if key is None or key in self.sources:
            return self.sources.get(key or "")
        if key.isdecimal():
            return None
        raise UnknownAddress(f"没有来源 {key}。")

    def source_id(self) -> int | None:
        """Number of the source asked for, None for all. Raises as `source` does."""
        source = self.source()
        if source is not None:
            return source.id
        return None if self.address.source is None else int(self.address.source)
