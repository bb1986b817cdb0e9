"""Heat on metric cells: which cell a place falls in, rates per area, and the fixed kernel.

Here: the arithmetic of the heat layer on plain arrays, the same as ``assets/map_heat.js`` does in
the browser. Not here: reading events, choosing the window or the limits, drawing.

The plane of the cells is a simple metric one around an origin that is fixed for a database, so a
cell means the same ground for ever::

    x = (longitude - origin longitude) * 111.32 * cos(origin latitude)      km east
    y = (latitude - origin latitude) * 110.57                               km north

Two degrees north or south of the origin, east-west lengths are off by 2.0 % (at Zhejiang's
latitude).
A rate is given in 件/百平方公里·日: events per 100 square kilometres and day, so windows of any
length and cells of any size compare.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

KM_PER_DEGREE_LONGITUDE: Final = 111.32
"""At the equator (WGS-84: 2 * pi * 6378.137 / 360)."""
KM_PER_DEGREE_LATITUDE: Final = 110.57
"""At the equator, where WGS-84's degree is shortest; 0.3 % below its length at 30 degrees."""
KERNEL_REACH: Final = 3.0
"""The kernel ends at this many standard deviations; 0.3 % of a Gaussian lie beyond."""
AREA_UNIT_KM2: Final = 100.0

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Origin(NamedTuple):
    """The point where cell (0, 0) has its south-west corner, in degrees."""

    longitude: float
    latitude: float


class CellRates(NamedTuple):
    """Rates of the cells that hold at least one event; three arrays of one length."""

    ix: Integers
    iy: Integers
    rate: Floats


class CellCounts(NamedTuple):
    """Numbers of events by cell, each cell once, ordered by ix and iy; those without a usable
    point at the key NOWHERE. Two arrays of one length; a key holds both indexes.
    """

    keys: Integers
    events: Integers

    @classmethod
    def of(cls, rows: Iterable[tuple[int | None, int | None, int]]) -> CellCounts:
        """From rows of ix, iy (None: no usable point) and number; each cell once."""
        table = [
            (NOWHERE if ix is None or iy is None else (ix + _SHIFT) * _FACTOR + iy + _SHIFT, n)
            for ix, iy, n in rows
        ]
        keys, events = np.array(table, dtype=np.int64).reshape(-1, 2).T
        return cls(keys, events)

    @classmethod
    def added(cls, parts: Iterable[CellCounts]) -> CellCounts:
        """All parts together."""
        several = list(parts)
        if not several:
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))
        keys = np.concatenate([part.keys for part in several])
        # Stable: the parts are in order already, and are merged in a fifth of the time.
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        firsts = np.flatnonzero(np.diff(keys, prepend=NOWHERE - 1))
        events = np.concatenate([part.events for part in several])[order]
        return cls(keys[firsts], np.add.reduceat(events, firsts))

    @property
    def nowhere(self) -> int:
        """Events without a usable point."""
        return int(self.events[self.keys == NOWHERE].sum())

    def placed(self) -> tuple[Integers, Integers, Integers]:
        """ix, iy and number of the events with a usable point."""
        keys, events = (array[self.keys != NOWHERE] for array in self)
        return keys // _FACTOR - _SHIFT, keys % _FACTOR - _SHIFT, events


NOWHERE: Final = -1
_SHIFT: Final = 1 << 20
_FACTOR: Final = 1 << 21


def cell_of(
    longitude: npt.ArrayLike, latitude: npt.ArrayLike, cell_km: float, origin: Origin
) -> tuple[Integers, Integers]:
    """Return (ix, iy) of the cells that hold the places; cells grow to the east and to the north.

    A place on a border belongs to the cell east or north of it.
    """
    x = (np.asarray(longitude, dtype=float) - origin.longitude) * _km_per_longitude(origin)
    y = (np.asarray(latitude, dtype=float) - origin.latitude) * KM_PER_DEGREE_LATITUDE
    return (
        np.floor(x / cell_km).astype(np.int64),
        np.floor(y / cell_km).astype(np.int64),
    )


def rate_of(events: npt.ArrayLike, cell_km: float, days: float) -> Floats:
    """Return 件/百平方公里·日 for numbers of events on cells over ``days``."""
    return np.asarray(events, dtype=float) * AREA_UNIT_KM2 / (cell_km * cell_km * days)


def smoothed(cells: CellRates, cell_km: float, kernel_km: float, step_km: float) -> SmoothedRates:
    """Return the rate smoothed by a Gaussian of standard deviation ``kernel_km``.

    The value at a point is the mean rate of the cells around it, weighted by the Gaussian of the
    distance to their middles; cells without events count as 0. Points lie ``step_km`` apart and
    reach as far beyond the cells as the kernel does.
    """
    if not cells.rate.size:
        return SmoothedRates(0.0, 0.0, step_km, np.zeros((0, 0)))
    dense = np.zeros((np.ptp(cells.iy) + 1, np.ptp(cells.ix) + 1))
    np.add.at(dense, (cells.iy - cells.iy.min(), cells.ix - cells.ix.min()), cells.rate)
    across = _weights(dense.shape[1], cell_km, kernel_km, step_km)
    up = _weights(dense.shape[0], cell_km, kernel_km, step_km)
    margin = KERNEL_REACH * kernel_km
    return SmoothedRates(
        west_km=float(cells.ix.min() * cell_km - margin),
        south_km=float(cells.iy.min() * cell_km - margin),
        step_km=step_km,
        rate=up @ dense @ across.T,
    )


class SmoothedRates(NamedTuple):
    """A field: ``rate[j, i]`` stands at x = west_km + i * step_km, y = south_km + j * step_km."""

    west_km: float
    south_km: float
    step_km: float
    rate: Floats


def _weights(cells: int, cell_km: float, kernel_km: float, step_km: float) -> Floats:
    """Return the share of each cell (column) in the value at each point (row) of one axis.

    Divided by the sum over an endless row of cells, so that even ground keeps its rate.
    """
    margin = KERNEL_REACH * kernel_km
    points = np.arange(math.floor((cells * cell_km + 2 * margin) / step_km) + 1) * step_km - margin
    reach = math.ceil(margin / cell_km) + 1
    middles = (np.arange(-reach, cells + reach) + 0.5) * cell_km
    distance = (points[:, None] - middles[None, :]) / kernel_km
    weights = np.where(np.abs(distance) <= KERNEL_REACH, np.exp(-0.5 * distance**2), 0.0)
    # Points beyond the outer cells see fewer of the endless row: their sum must count all of it.
    phase = np.mod(points[:, None] / cell_km - 0.5, 1.0) + np.arange(-reach, reach + 1)[None, :]
    around = phase * cell_km / kernel_km
    total = np.where(np.abs(around) <= KERNEL_REACH, np.exp(-0.5 * around**2), 0.0).sum(axis=1)
    shares: Floats = weights[:, reach:-reach] / total[:, None]
    return shares


def _km_per_longitude(origin: Origin) -> float:
    return KM_PER_DEGREE_LONGITUDE * math.cos(math.radians(origin.latitude))
