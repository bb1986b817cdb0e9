"""The wall that is shown where no file of screens is set."""

from functools import cache

from dashboard.screens import Screen, load_screens


@cache
def built_in_wall() -> Screen:
    return load_screens()["wall"]
