"""Scope: which cases a reader may see, an argument of every read from the first one on.

A case is visible by its responsible county or its present holder. An empty set means "none", None
means "no limit of this kind"; there is no default that shows everything by accident.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["wall", "leader", "staff", "engineer"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Regions (counties, by id), organisations and platforms a reader may see, and the role."""

    counties: frozenset[int]
    organisations: frozenset[int] | None = None
    platforms: frozenset[str] | None = None
    role: Role = "wall"

    def key(self) -> str:
        """Part of every cache key: equal keys see equal rows."""
        parts = (
            ",".join(str(county) for county in sorted(self.counties)),
            _listed(self.organisations),
            _listed(self.platforms),
            self.role,
        )
        return "|".join(parts)


def _listed(values: frozenset[int] | frozenset[str] | None) -> str:
    return "*" if values is None else ",".join(sorted(str(value) for value in values))
