"""Ids of the wall's nodes: role as the member's name, `wall-<panel>-<what>` as its value.

Repeated rows have builders (`row`). CSS knows classes only; ids are for leaf props.
"""

from enum import StrEnum, unique


@unique
class HeaderIds(StrEnum):
    """The header; the live client writes most of these itself (see layouts/wall.py)."""

    PRODUCT = "header-product"
    PLACE = "header-place"
    PLACE_PARTS = "header-place-parts"
    DATA_AT = "header-data-at"
    DATA_AGE = "header-data-age"
    QUERY_AT = "header-query-at"
    PAINT_AT = "header-paint-at"
    HEARTBEAT = "header-heartbeat"
    HEARTBEAT_CENTRE = "header-heartbeat-centre"
    HEARTBEAT_RIGHT = "header-heartbeat-right"
    DATE = "header-date"
    CLOCK = "header-clock"
    ALERT = "header-alert"


@unique
class WallIds(StrEnum):
    """The page, its panels and their single figures."""

    ROOT = "wall"

    TODAY = "wall-today"
    TODAY_HERO = "wall-today-hero"
    TODAY_NUMBER = "wall-today-number"
    TODAY_CHANGE = "wall-today-change"
    TODAY_BEFORE = "wall-today-before"
    TODAY_CLOSED = "wall-today-closed"
    TODAY_OPEN = "wall-today-open"
    TODAY_OVERDUE = "wall-today-overdue"
    TODAY_NEAR_DUE = "wall-today-near-due"
    TODAY_STOCK_AS_OF = "wall-today-stock-as-of"

    RATES = "wall-rates"
    RATES_ON_TIME = "wall-rates-on-time"
    RATES_ON_TIME_PERIOD = "wall-rates-on-time-period"
    RATES_ON_TIME_BASE = "wall-rates-on-time-base"
    RATES_ON_TIME_SPARK = "wall-rates-on-time-spark"
    RATES_ON_TIME_END = "wall-rates-on-time-end"
    RATES_LEFT_OUT = "wall-rates-left-out"
    RATES_HANDLING = "wall-rates-handling"
    RATES_HANDLING_BASE = "wall-rates-handling-base"
    RATES_HANDLING_SPARK = "wall-rates-handling-spark"
    RATES_HANDLING_END = "wall-rates-handling-end"

    TREND = "wall-trend"
    TREND_CHART = "wall-trend-chart"
    TREND_BAND = "wall-trend-band"
    TREND_GAP = "wall-trend-gap"
    TREND_GAP_WORDS = "wall-trend-gap-words"

    THIRTY_DAYS = "wall-thirty-days"
    THIRTY_DAYS_CHART = "wall-thirty-days-chart"
    THIRTY_DAYS_UNIT = "wall-thirty-days-unit"
    THIRTY_DAYS_LAST = "wall-thirty-days-last"

    CATEGORIES = "wall-categories"
    CITIES = "wall-cities"
    CITIES_TITLE = "wall-cities-title"
    CITIES_CELLS = "wall-cities-cells"
    CITIES_REST = "wall-cities-rest"

    MAP = "wall-map-region"
    VOLUME_NOTE = "wall-volume-note"

    DISPUTES = "wall-disputes"
    DISPUTES_PERIOD = "wall-disputes-period"
    DISPUTES_RECEPTIONS = "wall-disputes-receptions"
    DISPUTES_PEOPLE = "wall-disputes-people"

    MEDIATION = "wall-mediation"
    MEDIATION_RESOLUTION = "wall-mediation-resolution"
    MEDIATION_SUCCESS = "wall-mediation-success"
    MEDIATION_BASE = "wall-mediation-base"
    MEDIATION_PERIOD = "wall-mediation-period"
    MEDIATION_MEAN = "wall-mediation-mean"

    LEVELS = "wall-levels"
    LEVELS_BASE = "wall-levels-base"
    LEVELS_BRACKET = "wall-levels-bracket"
    LEVELS_LOCAL = "wall-levels-local"
    LEVELS_VILLAGE_LABEL = "wall-levels-village-label"
    LEVELS_TOWN_LABEL = "wall-levels-town-label"

    RANKING = "wall-ranking"
    RANKING_TITLE = "wall-ranking-title"
    RANKING_MEASURE = "wall-ranking-measure"
    RANKING_REST = "wall-ranking-rest"
    RANKING_MONTH = "wall-ranking-month"
    RANKING_CUMULATIVE = "wall-ranking-cumulative"

    SUPERVISION = "wall-supervision"
    SUPERVISION_NEW = "wall-supervision-new"
    SUPERVISION_RED = "wall-supervision-red"
    SUPERVISION_YELLOW = "wall-supervision-yellow"
    SUPERVISION_ALARMS = "wall-supervision-alarms"
    SUPERVISION_NONE = "wall-supervision-none"

    LATEST = "wall-latest"
    LATEST_NONE = "wall-latest-none"

    NIGHT_EMERGENCIES = "wall-night-emergencies"
    NIGHT_EMERGENCIES_NUMBER = "wall-night-emergencies-number"
    NIGHT_EMERGENCIES_CHECKED = "wall-night-emergencies-checked"
    NIGHT_EMERGENCIES_MEANING = "wall-night-emergencies-meaning"
    NIGHT_EMERGENCIES_ADVICE = "wall-night-emergencies-advice"

    NIGHT_SHIFT = "wall-night-shift"
    NIGHT_SHIFT_SINCE = "wall-night-shift-since"
    NIGHT_SHIFT_REGISTERED = "wall-night-shift-registered"
    NIGHT_SHIFT_CLOSED = "wall-night-shift-closed"
    NIGHT_SHIFT_RED = "wall-night-shift-red"

    NIGHT_TREND = "wall-night-trend"
    NIGHT_TREND_CHART = "wall-night-trend-chart"
    NIGHT_TREND_TOTAL = "wall-night-trend-total"
    NIGHT_TREND_AS_OF = "wall-night-trend-as-of"

    NIGHT_HANDOVER = "wall-night-handover"
    NIGHT_HANDOVER_NONE = "wall-night-handover-none"
    NIGHT_ALARMS = "wall-night-alarms"
    NIGHT_ALARMS_SOURCES = "wall-night-alarms-sources"
    NIGHT_ALARMS_PARTS = "wall-night-alarms-parts"


def part(owner: str, what: str) -> str:
    """Id of a leaf that belongs to a node: its unit, note, as-of."""
    return f"{owner}-{what}"


def row(owner: str, place: int, what: str | None = None) -> str:
    """Id of the row at a place (from 0) of a panel's fixed pool, or of a leaf in it."""
    return f"{owner}-row-{place}" if what is None else f"{owner}-row-{place}-{what}"
