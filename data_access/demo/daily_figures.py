"""Figures of the demo that are not cases: receptions, grid staff, patrols, monthly reports.

Staff and patrols of a day grow from hour to hour: `staffing_at` gives the day as reported at the
last full hour. All are pure functions of province, seed and day (or month).
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from dashboard.indicators import REPORTED
from data_access.demo.case_days import Array
from data_access.demo.county_traits import county_traits
from data_access.demo.disputes import MEDIATION_SOURCE
from data_access.demo.province import Floats, Province
from data_access.demo.rhythm import Draw, day_factor, generator, times_of_day

RECEPTIONS_A_DAY = 115
PEOPLE_SHARES = (0.62, 0.23, 0.10, 0.05)
ACCEPTED_SHARE = 0.93
SMALL_TOWNS = 0.006
ONLINE, REPORTING = 0.955, 0.86
PATROLS_A_STAFF = 2
REPORTS_SOURCE = 4
REPORTED_DAY, REPORTED_HOUR = 5, 10
NOT_REPORTED = 0.01
HOURS = 24

# Share of a county's base that reaches the goal, and residents per unit of the base.
REPORTED_LEVELS: dict[str, tuple[float, float]] = {
    "video_coverage": (0.965, 900),
    "video_networked": (0.93, 45),
    "video_intact": (0.975, 45),
    "video_online": (0.962, 48),
    "psychology_coverage": (0.94, 3_500),
    "psychology_followed": (0.97, 1_200),
    "volunteer_coverage": (0.955, 2_800),
    "pretrial_mediation": (0.62, 900),
    "petition_backlog": (0.78, 20_000),
    "zero_case_estates": (0.71, 2_600),
    "floating_registered": (0.945, 4),
    "centres_built": (0.98, 30_000),
    "safety_survey": (0.985, 4_000),
}
# Numbers a 10,000 residents: here the base is the population itself.
PER_10K: dict[str, float] = {
    "volunteer_teams": 9.5,
    "prosecution_per_10k": 0.75,
    "litigation_per_10k": 7.2,
}


def receptions(province: Province, seed: int, day: date) -> dict[str, Array]:
    """Rows of `receptions` of a day, in the order of their time; the id is left out."""
    random = generator(seed, day, Draw.RECEPTIONS)
    is_open = province.calendar.kind(day) == "workday"
    usual = RECEPTIONS_A_DAY * province.volume * day_factor(province.calendar, day)
    count = int(random.poisson(usual * (1.18 if is_open else 0.6)))
    traits = county_traits(province, seed)
    county = random.choice(len(traits.volume), count, p=traits.volume)
    return {
        "source_id": np.full(count, MEDIATION_SOURCE),
        "county_id": province.county_id[county],
        "centre_id": province.county_centre[county],
        "received_at": times_of_day(province.calendar, day, count, random),
        "people": random.choice(len(PEOPLE_SHARES), count, p=PEOPLE_SHARES) + 1,
        "is_accepted": random.random(count) < ACCEPTED_SHARE,
    }


@lru_cache(maxsize=4)
def _staff(towns: int, seed: int) -> Array:
    """Workers of each town: the same all year."""
    random = generator(seed, 0, Draw.STAFFING)
    staff = np.clip(np.rint(random.lognormal(2.9, 0.5, towns)), 5, 60)
    small = random.random(towns) < SMALL_TOWNS
    return np.where(small, random.integers(2, 5, towns), staff).astype(np.int64)


def grown(hour: int) -> float:
    """Share of a day's activity reached at a full hour of local time."""
    return float(np.clip((hour - 6) / 14, 0.0, 1.0) ** 0.7)


def staffing_at(province: Province, seed: int, day: date, hour: int = HOURS) -> dict[str, Array]:
    """Rows of `staffing` of a day as reported at a full hour (24: the whole day)."""
    online, reporting, _ = _activity(province, seed, day)
    staff = _staff(len(province.town_id), seed)
    return _town_rows(province, day) | {
        "staff": staff,
        "online": np.floor(online * min(1.0, grown(hour) * 1.6)).astype(np.int64),
        "reporting": np.floor(reporting * grown(hour)).astype(np.int64),
    }


def patrols_at(province: Province, seed: int, day: date, hour: int = HOURS) -> dict[str, Array]:
    """Rows of `patrols` of a day as reported at a full hour (24: the whole day)."""
    _, _, done = _activity(province, seed, day)
    staff = _staff(len(province.town_id), seed)
    return _town_rows(province, day) | {
        "staff": staff,
        "due": staff * PATROLS_A_STAFF,
        "done": np.floor(done * grown(hour)).astype(np.int64),
    }


def _town_rows(province: Province, day: date) -> dict[str, Array]:
    return {
        "town_id": province.town_id,
        "day": np.full(len(province.town_id), np.datetime64(day, "D")),
        "county_id": province.county_id[province.town_county],
    }


def _activity(province: Province, seed: int, day: date) -> tuple[Array, Array, Array]:
    """Workers online and reporting, and patrols done, of each town by the end of the day."""
    random = generator(seed, day, Draw.STAFFING)
    staff = _staff(len(province.town_id), seed)
    rest = 0.0 if province.calendar.kind(day) == "workday" else 0.06
    share = county_traits(province, seed).patrol_share[province.town_county]
    online = random.binomial(staff, np.clip(share + 0.02 - rest, 0, 1))
    reporting = random.binomial(online, REPORTING / ONLINE - rest)
    done = random.binomial(staff * PATROLS_A_STAFF, share - rest)
    return online, reporting, done


def reported_on(month: date) -> datetime:
    """Local time (naive) at which the figures of a month are handed over."""
    following = (month.replace(day=1) + timedelta(days=32)).replace(day=REPORTED_DAY)
    return datetime(following.year, following.month, following.day, REPORTED_HOUR)


def reported_values(province: Province, seed: int, month: date) -> list[dict[str, object]]:
    """Rows of `reported_values` of a month: counties, cities and the province, sums agreeing.

    A county that does not report is in no sum either.
    """
    first = month.replace(day=1)
    random = generator(seed, first, Draw.REPORTED)
    trend = (first.year - 2025) * 12 + first.month
    rows: list[dict[str, object]] = []
    for indicator in REPORTED:
        numerator, denominator = _county_figures(province, seed, indicator.key, trend, random)
        is_reported = random.random(len(numerator)) >= NOT_REPORTED
        for region_id, mine in _groups(province):
            chosen = mine & is_reported
            if chosen.any():
                rows.append(
                    {
                        "indicator": indicator.key,
                        "region_id": region_id,
                        "period_start": first,
                        "period_end": (first + timedelta(days=32)).replace(day=1),
                        "numerator": float(numerator[chosen].sum()),
                        "denominator": float(denominator[chosen].sum()),
                        "source_id": REPORTS_SOURCE,
                    }
                )
    return rows


def _groups(province: Province) -> list[tuple[int, Array]]:
    """Regions that report, each with the mask of its counties."""
    counties = [(int(c), province.county_id == c) for c in province.county_id]
    cities = [(int(c), province.county_city == c) for c in np.unique(province.county_city)]
    whole = (province.province_id, np.ones(len(province.county_id), dtype=np.bool_))
    return [*counties, *cities, whole]


def _county_figures(
    province: Province, seed: int, key: str, trend: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Numerator and denominator of each county; shares grow a little from month to month."""
    population = province.county_population.astype(np.float64)
    own = np.random.default_rng([seed, sum(key.encode()), 99]).normal(0, 1, len(population))
    if key in PER_10K:
        rate = PER_10K[key] * np.exp(0.15 * own) / 10_000
        return np.asarray(random.poisson(population * rate), dtype=np.float64), population
    level, residents = REPORTED_LEVELS.get(key, (0.95, 1_000))
    base = np.maximum(np.rint(population / residents * np.exp(0.1 * own)), 3)
    share = np.clip(level + (1 - level) * (0.5 * own + 0.01 * trend), 0.3, 0.998)
    return np.asarray(random.binomial(base.astype(np.int64), share), dtype=np.float64), base
