"""The table of the bench: what it says of samples, aims and alternatives."""

import pytest

from tests.bench import report
from tests.bench.measurement import Beside, Measurement, StepClock


def measured(*samples: float, **about) -> Measurement:
    return Measurement(what="load", unit="ms", samples=samples, **about)


def test_a_row_holds_runs_median_worst_aim_and_ratio() -> None:
    load = measured(10, 30, 20, aim=25, beside=Beside(what="by hand", samples=(40, 50, 30)))

    (row,) = report.rows([load])

    assert row == (
        *("load", "3", "20 ms", "30 ms", "≤ 25 ms", "worst misses", "by hand: 40 ms", "0.5"),
    )


@pytest.mark.parametrize(
    ("aim", "verdict"), [(3, "met"), (2.5, "worst misses"), (1, "missed"), (None, "")]
)
def test_the_verdict_tells_the_median_from_the_worst(aim: float | None, verdict: str) -> None:
    assert measured(1, 2, 3, aim=aim).verdict == verdict


def test_a_measurement_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="load has no samples"):
        measured()


def test_the_document_names_machine_and_method_and_keeps_its_columns() -> None:
    load = measured(1, note="from a|b to c", beside=None)

    text = report.document({"CPU": "x86"}, [load])

    table = [line for line in text.splitlines() if line.startswith("| load")]
    assert "| CPU | x86 |" in text
    assert "- **load**: from a|b to c" in text
    assert len(table) == 1
    assert table[0].count("|") == len(report.COLUMNS) + 1


def test_the_clock_of_steps_adds_up_and_ends_the_last_one(monkeypatch) -> None:
    now = iter([0.0, 2.0, 2.0, 5.0])
    monkeypatch.setattr("tests.bench.measurement.time.monotonic", lambda: next(now))
    clock = StepClock()

    clock("names", 0, 1)
    clock("names", 1, 1)
    clock("cases", 0, 1)
    clock.end()

    assert clock.seconds == {"names": 2.0, "cases": 3.0}
