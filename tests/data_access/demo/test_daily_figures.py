"""Receptions, staff, patrols and monthly reports of the demo."""

from datetime import date

import numpy as np
import pytest

from dashboard.indicators import REPORTED
from data_access.demo import daily_figures
from data_access.demo.province import Province

DAY = date(2026, 5, 6)


def test_a_day_of_staff_grows_from_hour_to_hour(small_province: Province) -> None:
    by_hour = [
        daily_figures.staffing_at(small_province, 1, DAY, hour)["reporting"] for hour in range(25)
    ]
    assert (np.diff(by_hour, axis=0) >= 0).all()
    assert by_hour[0].sum() == 0
    assert by_hour[24].sum() > 0


def test_nobody_reports_who_is_not_online_staff(small_province: Province) -> None:
    rows = daily_figures.staffing_at(small_province, 1, DAY)
    assert (rows["online"] <= rows["staff"]).all()
    assert (rows["reporting"] <= rows["online"]).all()


def test_patrols_done_stay_within_those_due(small_province: Province) -> None:
    rows = daily_figures.patrols_at(small_province, 1, DAY)
    assert (rows["done"] <= rows["due"]).all()


def test_reports_of_cities_are_the_sums_of_their_counties(small_province: Province) -> None:
    rows = daily_figures.reported_values(small_province, 1, date(2026, 4, 1))
    assert {row["indicator"] for row in rows} == {item.key for item in REPORTED}
    for item in REPORTED:
        mine = {row["region_id"]: row for row in rows if row["indicator"] == item.key}
        counties = [mine[c] for c in small_province.county_id.tolist() if c in mine]
        for part in ("numerator", "denominator"):
            total = sum(float(str(county[part])) for county in counties)
            assert mine[330100][part] == pytest.approx(total)
            assert mine[330000][part] == pytest.approx(total)


def test_reports_come_on_the_fifth_of_the_next_month() -> None:
    assert daily_figures.reported_on(date(2025, 12, 1)).isoformat() == "2026-01-05T10:00:00"


def test_receptions_come_one_to_four_people_at_a_time(small_province: Province) -> None:
    rows = daily_figures.receptions(small_province, 1, DAY)
    assert 80 < len(rows["people"]) < 220
    assert set(rows["people"]) <= {1, 2, 3, 4}
