"""Everything visible, as pure functions of a Snapshot. No SQL, no callbacks, no clock here."""
