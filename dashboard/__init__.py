"""The core of the cockpit in pure Python: what a figure means, apart from any screen or database."""
