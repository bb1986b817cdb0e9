"""Scope: nothing is visible by default, and equal keys see equal rows."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.scope import Scope

NAMES = st.text(max_size=5) | st.sampled_from(["*", ",", "|", "a,b", '"', "null", "综治"])
SCOPES = st.builds(
    Scope,
    counties=st.frozensets(st.integers(0, 30), max_size=4),
    organisations=st.none() | st.frozensets(st.integers(0, 30), max_size=3),
    platforms=st.none() | st.frozensets(NAMES, max_size=3),
    role=st.sampled_from(["wall", "leader", "staff", "engineer"]),
)


@given(SCOPES, SCOPES)
def test_keys_are_equal_exactly_when_the_scopes_are(one: Scope, other: Scope) -> None:
    assert (one.key() == other.key()) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, frozenset[str]()),
        (None, frozenset({"*"})),
        (frozenset({"a,b"}), frozenset({"a", "b"})),
        (frozenset({"|wall"}), frozenset({""})),
        (frozenset[str](), frozenset({""})),
    ],
)
def test_platforms_of_any_name_are_told_apart(one, other) -> None:
    counties = frozenset({1})
    assert (
        Scope(counties=counties, platforms=one).key()
        != Scope(counties=counties, platforms=other).key()
    )


def test_no_limit_and_nothing_at_all_are_not_the_same() -> None:
    everything = Scope(counties=frozenset({1}))
    nothing = Scope(counties=frozenset({1}), organisations=frozenset())
    assert everything.key() != nothing.key()


def test_the_order_in_which_counties_were_given_does_not_matter() -> None:
    one, other = Scope(counties=frozenset([3, 1, 2])), Scope(counties=frozenset([2, 3, 1]))
    assert one.key() == other.key()


def test_counties_have_to_be_named() -> None:
    with pytest.raises(TypeError):
        Scope()  # type: ignore[call-arg]


def test_a_scope_cannot_be_widened() -> None:
    scope = Scope(counties=frozenset({1}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        scope.counties = frozenset({1, 2})  # type: ignore[misc]
