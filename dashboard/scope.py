"""Scope: which cases a reader may see, an argument of every read from the first one on.

A case is visible by the county responsible for it; who holds it at present is not asked. Of the
other limits (`organisations`, `platforms`, `role`) no read makes use yet: every screen is a wall of
all cases of its counties. An empty set means "none", None means "no limit of this kind"; there is
no default that shows everything by accident.
"""

import json
from dataclasses import dataclass
from typing import Literal

Role = Literal["wall", "leader", "staff", "engineer"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Counties (by id), organisations and platforms a reader may see, and the role."""

    counties: frozenset[int]
    organisations: frozenset[int] | None = None
    platforms: frozenset[str] | None = None
    role: Role = "wall"

    def key(self) -> str:
        """For what is kept by scope: equal keys see equal rows."""
        # JSON, because a platform may be called anything, also "*" or "a,b".
        return json.dumps(
            [
                sorted(self.counties),
                None if self.organisations is None else sorted(self.organisations),
                None if self.platforms is None else sorted(self.platforms),
                self.role,
            ],
            ensure_ascii=False,
        )
