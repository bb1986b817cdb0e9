"""Datums: published pairs of coordinates, there and back again, and nothing moved that must not."""

import numpy as np
import pytest

from data_access.imports import datums

METRE = 1 / 111_320


def point(lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([lon]), np.array([lat])


def gcj02_and_bd09(lon: np.ndarray, lat: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """A place of WGS-84 in the two shifted datums."""
    shifted = datums.gcj02(lon, lat)
    return {"GCJ-02": shifted, "BD-09": datums.bd09(*shifted)}


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_there_and_back_again_is_the_same_place(datum: str) -> None:
    lon, lat = np.meshgrid(np.linspace(75, 134, 60), np.linspace(19, 53, 35))
    found = datums.to_wgs84(*gcj02_and_bd09(lon, lat)[datum], datum)
    assert np.abs(found[0] - lon).max() < 0.01 * METRE
    assert np.abs(found[1] - lat).max() < 0.01 * METRE


def test_the_shift_is_that_of_the_published_formula() -> None:
    # Tian'anmen as public converters give it: WGS-84 116.3913, 39.9075 is GCJ-02 116.3975, 39.9089.
    lon, lat = datums.gcj02(*point(116.3913, 39.9075))
    assert lon[0] == pytest.approx(116.39754, abs=2e-5)
    assert lat[0] == pytest.approx(39.90890, abs=2e-5)


def test_baidu_shifts_what_is_shifted_once_more() -> None:
    gcj = datums.gcj02(*point(116.3913, 39.9075))
    lon, lat = datums.bd09(*gcj)
    assert lon[0] - gcj[0][0] == pytest.approx(0.0065, abs=2e-4)
    assert lat[0] - gcj[1][0] == pytest.approx(0.006, abs=4e-4)


@pytest.mark.parametrize("datum", ["WGS-84", "CGCS2000"])
def test_what_agrees_with_wgs84_is_taken_as_it_is(datum: str) -> None:
    assert datums.to_wgs84(*point(120.15, 30.28), datum) == point(120.15, 30.28)


def test_places_outside_china_are_not_shifted() -> None:
    assert datums.to_wgs84(*point(-71.05, 42.36), "GCJ-02") == point(-71.05, 42.36)


def test_no_place_stays_none() -> None:
    lon, lat = datums.to_wgs84(*point(np.nan, np.nan), "BD-09")
    assert np.isnan(lon[0])
    assert np.isnan(lat[0])


def test_an_unknown_datum_is_an_error() -> None:
    with pytest.raises(ValueError, match="Beijing-54"):
        datums.to_wgs84(*point(120, 30), "Beijing-54")
