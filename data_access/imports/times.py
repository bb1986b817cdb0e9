"""Local times as texts, and what is meant by them: instants, with what is doubtful marked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_access.imports import fixed_width
from data_access.imports.mapping import TimeRule

Mask = npt.NDArray[np.bool_]
Instants = npt.NDArray[np.datetime64]

ONE_HOUR = pd.Timedelta(hours=1)
# How far ahead the clock of a source may be: zones and days written without an hour included.
MOST_AHEAD = timedelta(days=1)
# Of the numbers of a time only a second can be as large.
SECOND_60 = r"(?<![\d.])6[01](?!\d)"
# How typed times (Excel, Parquet, databases) are handed on, whatever the format of texts is.
TYPED = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?P<offset>[+-]\d{2}:?\d{2})?"


@dataclass
class Times:
    """One column of local times: `local` as the clock showed, `instant` in UTC, NaT where none."""

    column: str
    text: list[str]
    local: Instants
    instant: Instants
    is_unreadable: Mask
    is_ambiguous: Mask
    is_absent: Mask


def read_times(column: str, texts: list[str], rule: TimeRule, zone: str) -> Times:
    """Read local times; of an hour that comes twice the rule's side, an absent one an hour later.

    A local time that the clock skips is thus read by the offset before the change, as
    `dashboard.work_calendar` does. A time with an offset is an instant and never doubtful.
    """
    given = pd.Series(texts, dtype="str")
    local, certain = _parsed(given, rule.format, zone)
    is_empty = np.asarray(given == "")
    is_none = np.asarray(local.isna())
    first = np.full(len(texts), rule.ambiguous == "earlier")
    instant = local.tz_localize(zone, ambiguous=first, nonexistent=ONE_HOUR)
    other = local.tz_localize(zone, ambiguous=~first, nonexistent="NaT")
    is_certain = np.asarray(certain.notna())
    is_absent = np.asarray(other.isna()) & ~is_none & ~is_certain
    is_ambiguous = np.asarray(instant != other) & ~is_absent & ~is_none & ~is_certain
    plain = instant.tz_convert("UTC").tz_localize(None).to_numpy()
    return Times(
        column=column,
        text=texts,
        local=local.to_numpy(),
        instant=np.where(is_certain, certain.to_numpy(), plain),
        is_unreadable=is_none & ~is_empty,
        is_ambiguous=is_ambiguous,
        is_absent=is_absent,
    )


def is_ahead(times: Times, now: datetime) -> Mask:
    """Rows whose time has not come yet: later than `now` (with zone) by more than a day."""
    until = np.datetime64((now + MOST_AHEAD).astimezone(UTC).replace(tzinfo=None), "us")
    return np.asarray(times.instant > until)


def _parsed(
    given: "pd.Series[str]", pattern: str, zone: str
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Local times, and instants (UTC, without zone) of those that carry an offset."""
    if "%z" in pattern:
        found = pd.to_datetime(given, format=pattern, errors="coerce", utc=True)
        aware = pd.DatetimeIndex(found).as_unit("us")
        return aware.tz_convert(zone).tz_localize(None), aware.tz_localize(None)
    local = _local(given, pattern)
    certain = pd.DatetimeIndex(np.full(len(given), np.datetime64("NaT"), dtype="datetime64[us]"))
    left = np.asarray(local.isna()) & np.asarray(given != "")
    if not left.any():
        return local, certain
    return _with_typed(given, left, local, certain, zone)


def _local(given: "pd.Series[str]", pattern: str) -> pd.DatetimeIndex:
    """Times by the format; those as wide as it says are read all at once, a tenth of the time."""
    found = fixed_width.read(given.tolist(), pattern)
    if found is None:
        return _leniently(given, pattern)
    left = np.isnat(found) & np.asarray(given != "")
    if left.any() and not fixed_width.has_adjoining(pattern):
        found[left] = _leniently(given[left], pattern).to_numpy()
    return pd.DatetimeIndex(found)


def _leniently(given: "pd.Series[str]", pattern: str) -> pd.DatetimeIndex:
    """Times of any width; a second 60, which pandas reads as the next minute, is none."""
    found = pd.to_datetime(given, format=pattern, errors="coerce")
    if "%S" in pattern:
        found = found.mask(given.str.contains(SECOND_60))
    return pd.DatetimeIndex(found).as_unit("us")


def _with_typed(
    given: "pd.Series[str]",
    left: Mask,
    local: pd.DatetimeIndex,
    certain: pd.DatetimeIndex,
    zone: str,
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Fill in what the format did not read but is a typed time."""
    shape = given[left].str.extract(rf"^(?P<typed>{TYPED})$")
    rows = np.flatnonzero(left)
    is_typed = np.asarray(shape["typed"].notna())
    if not is_typed.any():
        return local, certain
    has_offset = is_typed & np.asarray(shape["offset"].notna())
    locals_, certains = local.to_numpy(copy=True), certain.to_numpy(copy=True)
    naive = rows[is_typed & ~has_offset]
    locals_[naive] = _iso(given.iloc[naive], utc=False)
    aware = rows[has_offset]
    if len(aware):
        instants = _iso(given.iloc[aware], utc=True)
        certains[aware] = instants
        in_zone = pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone)
        locals_[aware] = in_zone.tz_localize(None).to_numpy()
    return pd.DatetimeIndex(locals_), pd.DatetimeIndex(certains)


def _iso(given: "pd.Series[str]", *, utc: bool) -> Instants:
    found = pd.DatetimeIndex(pd.to_datetime(given, format="ISO8601", errors="coerce", utc=utc))
    plain = found.tz_localize(None) if utc else found
    return plain.as_unit("us").to_numpy()
