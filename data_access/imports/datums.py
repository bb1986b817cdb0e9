"""Coordinates of the four datums in use, brought to WGS-84 once.

CGCS2000 agrees with WGS-84 within decimetres and is taken as it is. GCJ-02 (Amap, Tencent) and
BD-09 (Baidu) are shifted by hundreds of metres in China by a published closed formula whose
inverse is iterated here; points outside its box are not shifted.

Source of the constants: notes on map services, public implementations of the formula (Krasovsky
ellipsoid: a = 6378245 m, e² = 0.00669342162296594323).
"""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

AXIS = 6_378_245.0
ECCENTRICITY = 0.00669342162296594323
WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
# Each round makes the error some thousand times smaller: three leave less than a millimetre.
ROUNDS = 4
BAIDU = math.pi * 3000.0 / 180.0
BAIDU_SHIFT = (0.0065, 0.006)


def to_wgs84(lon: Floats, lat: Floats, datum: str) -> tuple[Floats, Floats]:
    """Degrees of a datum as degrees of WGS-84; NaN stays NaN.

    Raises:
        ValueError: no such datum.
    """
    match datum:
        case "WGS-84" | "CGCS2000":
            return lon, lat
        case "GCJ-02":
            return _unshifted(lon, lat)
        case "BD-09":
            return _unshifted(*_without_baidu(lon, lat))
    raise ValueError(f"unknown datum {datum}")


def _unshifted(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    found_lon, found_lat = lon, lat
    for _ in range(ROUNDS):
        at_lon, at_lat = gcj02(found_lon, found_lat)
        found_lon, found_lat = found_lon - (at_lon - lon), found_lat - (at_lat - lat)
    return found_lon, found_lat


def gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees of WGS-84 as degrees of GCJ-02, in closed form."""
    x, y = lon - 105.0, lat - 35.0
    east, north = _wave_east(x, y), _wave_north(x, y)
    radians = np.radians(lat)
    magic = 1 - ECCENTRICITY * np.sin(radians) ** 2
    north *= 180.0 / (AXIS * (1 - ECCENTRICITY) / (magic * np.sqrt(magic)) * math.pi)
    east *= 180.0 / (AXIS / np.sqrt(magic) * np.cos(radians) * math.pi)
    is_china = (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    return np.where(is_china, lon + east, lon), np.where(is_china, lat + north, lat)


def _wave_north(x: Floats, y: Floats) -> Floats:
    base = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * math.pi) + 20.0 * np.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    waves += (20.0 * np.sin(y * math.pi) + 40.0 * np.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    waves += (160.0 * np.sin(y / 12.0 * math.pi) + 320.0 * np.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    return np.asarray(base + waves)


def _wave_east(x: Floats, y: Floats) -> Floats:
    base = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * math.pi) + 20.0 * np.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    waves += (20.0 * np.sin(x * math.pi) + 40.0 * np.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    waves += (150.0 * np.sin(x / 12.0 * math.pi) + 300.0 * np.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    return np.asarray(base + waves)


def bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees of GCJ-02 as degrees of BD-09, in closed form."""
    length = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU)
    return length * np.cos(angle) + BAIDU_SHIFT[0], length * np.sin(angle) + BAIDU_SHIFT[1]


def _without_baidu(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    found_lon, found_lat = lon - BAIDU_SHIFT[0], lat - BAIDU_SHIFT[1]
    for _ in range(ROUNDS):
        at_lon, at_lat = bd09(found_lon, found_lat)
        found_lon, found_lat = found_lon - (at_lon - lon), found_lat - (at_lat - lat)
    return found_lon, found_lat
