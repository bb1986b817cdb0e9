from pathlib import Path

import pytest

from dashboard.errors import SettingsError
from dashboard.settings import Settings


def test_nothing_set_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8050, 2)
    assert settings.database_url is None


def test_variables_are_read_with_their_types() -> None:
    settings = Settings.from_environment(
        {"COCKPIT_PORT": "9000", "COCKPIT_DATA_FOLDER": "/srv/cockpit", "PORT": "1"}
    )
    assert settings.port == 9000
    assert settings.data_folder == Path("/srv/cockpit")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"COCKPIT_PORT": ""}).port == 8050


def test_every_wrong_variable_is_named_with_what_is_expected() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({"COCKPIT_PORT": "80x", "COCKPIT_WORKERS": "0"})
    said = str(raised.value)
    assert "COCKPIT_PORT=80x" in said
    assert "1—65535" in said
    assert "COCKPIT_WORKERS=0" in said
    assert "1—64" in said


def test_a_child_process_reads_the_same_settings() -> None:
    settings = Settings(port=9001, data_folder=Path("/srv/cockpit"))
    assert Settings.from_environment(settings.environment()) == settings
