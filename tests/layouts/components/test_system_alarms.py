"""系统告警: silent sources and failed parts, never cases."""

from datetime import timedelta

from dashboard.snapshot import Snapshot, SourceState
from layouts.components.system_alarms import Alarms, system_alarms
from tests import snapshot_samples as samples


def wall_of(*sources: SourceState) -> Snapshot:
    return samples.wall(sources=sources)


def source(**changes: object) -> SourceState:
    return samples.sources()[0].model_copy(update=changes)


def test_sources_in_contact_raise_no_alarm() -> None:
    assert system_alarms(samples.wall()) == Alarms(7, 0, 0, 7)


def test_a_source_is_silent_after_more_than_four_of_its_cycles() -> None:
    made = samples.wall().made_at
    patient = source(last_contact_at=made - timedelta(seconds=240))
    silent = source(last_contact_at=made - timedelta(seconds=241))
    assert system_alarms(wall_of(patient)).silent_sources == 0
    assert system_alarms(wall_of(silent)).silent_sources == 1


def test_a_source_of_a_longer_cycle_is_given_longer() -> None:
    old = source(last_contact_at=samples.DAY - timedelta(minutes=10), cycle_seconds=3_600)
    assert system_alarms(wall_of(old)).count == 0


def test_a_source_that_is_not_live_is_not_waited_for() -> None:
    monthly = source(is_live=False, last_contact_at=samples.DAY - timedelta(days=20))
    assert system_alarms(wall_of(monthly)) == Alarms(0, 0, 0, None)


def test_a_silent_source_is_not_the_slowest_of_those_in_contact() -> None:
    silent = source(key="a", last_contact_at=samples.DAY - timedelta(hours=1))
    alarms = system_alarms(wall_of(silent, samples.sources()[3]))
    assert (alarms.silent_sources, alarms.slowest_seconds) == (1, 4)


def test_a_source_ahead_of_the_clock_has_no_negative_delay() -> None:
    ahead = source(last_contact_at=samples.DAY + timedelta(minutes=1))
    assert system_alarms(wall_of(ahead)).slowest_seconds == 0


def test_overdue_cases_are_no_alarms_of_the_system() -> None:
    assert system_alarms(samples.six_figures()).count == 0
