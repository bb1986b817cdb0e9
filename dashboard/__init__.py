"""The core of the cockpit in pure Python: what figures mean, without screen or database."""
