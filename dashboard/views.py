"""View: what a screen looks at, as a value that names one stream of snapshots.

A view is a screen's name, the scope's region and, for a replay, the as-of instant. Which panels
the screen shows stands in `dashboard.screens`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class View:
    """One screen over one region; `as_of` None means live.

    The instant is kept in UTC: however it was written, it is one view with one key.

    Raises:
        ValueError: for an instant without zone.
    """

    screen: str
    region_id: int
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        if self.as_of is None:
            return
        if self.as_of.tzinfo is None:
            raise ValueError(f"the instant {self.as_of} of a view has no zone")
        object.__setattr__(self, "as_of", self.as_of.astimezone(UTC))

    def key(self) -> str:
        """Text form, e.g. `wall:330200` or `wall:330200@2015-09-01T16:00:00+00:00`."""
        key = f"{self.screen}:{self.region_id}"
        return key if self.as_of is None else f"{key}@{self.as_of.isoformat()}"

    @classmethod
    def parse(cls, key: str) -> Self:
        """The view with this key.

        Raises:
            ValueError: when the text is not a view's key.
        """
        name, _, instant = key.partition("@")
        screen, _, region = name.partition(":")
        if not screen or not region:
            raise ValueError(f"{key!r} is not a view: expected screen:region[@instant]")
        as_of = datetime.fromisoformat(instant) if instant else None
        return cls(screen, int(region), as_of)
