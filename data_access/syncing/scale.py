"""The scale of a watermark column: a time or a growing number, as its source compares it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.errors import SourceUnavailable
from data_access.syncing.plan import WatermarkSection

Mark = datetime | int


@dataclass(frozen=True)
class Scale:
    """Marks from the source's values and back; none of its errors says a value."""

    section: WatermarkSection

    def read(self, value: Any) -> Mark | None:
        """The mark of a value of the column, None for none.

        Raises:
            SourceUnavailable: the column is not of the type that the file states.
        """
        match value:
            case None:
                return None
            case bool():
                raise self._unusable()
            case datetime() if self.is_time:
                return value
            case date() if self.is_time:
                return datetime.combine(value, datetime.min.time())
            case str() if self.is_time and self.section.format:
                return self._parsed(value, self.section.format)
            case int() | Decimal() | float() if not self.is_time and value == int(value):
                return int(value)
        raise self._unusable()

    def bound(self, mark: Mark) -> datetime | int | str:
        """A mark as a parameter that the source compares with its column."""
        if isinstance(mark, datetime) and self.section.format:
            return mark.strftime(self.section.format)
        return mark

    def overlapped(self, mark: Mark) -> Mark:
        """The mark after which the next poll reads: late rows up to the overlap are met again."""
        if isinstance(mark, datetime):
            return mark - timedelta(seconds=self.section.overlap)
        return mark - self.section.overlap

    def not_after(self, mark: Mark, now: datetime, zone: str) -> Mark:
        """The mark, a time at most now: one row of a wrong clock must not hide all later ones."""
        if not isinstance(mark, datetime):
            return mark
        here = now if mark.tzinfo else now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return min(mark, here)

    def kept(self, mark: Mark) -> str:
        """A mark as it is stored."""
        return mark.isoformat() if isinstance(mark, datetime) else str(mark)

    def found(self, kept: str) -> Mark:
        """A stored mark."""
        return datetime.fromisoformat(kept) if self.is_time else int(kept)

    @property
    def is_time(self) -> bool:
        return self.section.type == "time"

    def _parsed(self, value: str, pattern: str) -> datetime:
        try:
            return datetime.strptime(value.strip(), pattern)
        except ValueError:
            raise self._unusable() from None

    def _unusable(self) -> SourceUnavailable:
        expected = "整数"
        if self.is_time:
            written = self.section.format
            expected = (
                f"形如 {written} 的时间" if written else "时间（存为文字时请写 watermark.format）"
            )
        return SourceUnavailable(
            f"水位列 {self.section.column} 的值不是{expected}。"
            "请在来源中改正该值，或核对 watermark 各键；改正后自动继续。"
        )
