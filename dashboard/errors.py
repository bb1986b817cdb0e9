"""Every error the cockpit raises on purpose, in one tree.

    CockpitError
    ├── SettingsError
    ├── ScreenConfigError
    ├── UnknownRegion
    ├── UnknownAddress
    ├── UnknownForm
    ├── FormExists
    ├── DataUnavailable
    │   ├── DatabaseUnavailable
    │   └── DetailsArchived
    ├── MigrationError
    ├── BackupError
    ├── ArchiveRefused
    ├── HoldRefused
    ├── DistributionRefused
    ├── SourceUnavailable
    ├── ImportRefused
    │   └── MappingError
    ├── PortInUse
    ├── ChildProcessFailed
    └── EmbeddedServerError
        ├── DiskFull
        ├── DataFolderBroken
        └── ServerProgramsMissing

A message is read by an operator, not by a programmer: it is one or two Chinese sentences which
name the thing (file, port, table, with its technical name), say what was expected and say what to
do next. The commands print it as it stands, without a traceback, and leave with status 1.

Faults of the program itself stay ordinary exceptions and are not caught as ``CockpitError``.
"""


class CockpitError(Exception):
    """Something outside the program is not as it must be, and the message says what to do."""


class SettingsError(CockpitError):
    """A setting or environment variable is missing, unreadable or contradicts another."""


class ScreenConfigError(CockpitError):
    """A screen's TOML file names an unknown panel or indicator, or has a wrong value."""


class UnknownRegion(CockpitError):
    """No region has this code, or none had it at the time asked about."""


class UnknownAddress(CockpitError):
    """The address names no page, or a moment that is none."""


class UnknownForm(CockpitError):
    """No monthly form has this name, or its month is written in another way."""


class FormExists(CockpitError):
    """A form to be written is there already, perhaps filled; no form was written."""


class DataUnavailable(CockpitError):
    """A reading could not be made; what was read before is still valid and keeps its age."""

    def __init__(self, message: str, server_words: str = "") -> None:
        # A wall says the message; the server's own words, often English, are for the operator.
        super().__init__(f"{message}:{server_words}" if server_words else message)
        self.message = message


class DatabaseUnavailable(DataUnavailable):
    """The database does not answer: stopped, recovering, unreachable, or refusing connections."""


class DetailsArchived(DataUnavailable):
    """The rows asked for were archived; their sums are still there."""


class MigrationError(CockpitError):
    """The database schema is older, newer or other than this version of the cockpit needs."""


class BackupError(CockpitError):
    """A backup could not be written, is damaged, or can't be restored into this database."""


class ArchiveRefused(CockpitError):
    """A month was not archived, and all of it is still in the database."""


class HoldRefused(CockpitError):
    """No case was held or released."""


class DistributionRefused(CockpitError):
    """The tables were not distributed over several machines, and nothing was changed."""


class SourceUnavailable(CockpitError):
    """A source that is polled did not answer, or its answer can't be used; nothing was changed."""


class ImportRefused(CockpitError):
    """A file was not imported, and nothing of it is visible."""


class MappingError(ImportRefused):
    """The mapping file does not fit the file to import: a column, a code or a format is wrong."""


class PortInUse(CockpitError):
    """Another program already listens on the TCP port the cockpit was to serve on."""


class ChildProcessFailed(CockpitError):
    """A program started by the cockpit could not be started, or keeps ending at once."""


class EmbeddedServerError(CockpitError):
    """The embedded PostgreSQL server could not be prepared, started or stopped."""


class DiskFull(EmbeddedServerError):
    """The file system of the data folder has too little room left for the server to run."""


class DataFolderBroken(EmbeddedServerError):
    """The data folder belongs to somebody else, to another version, or cannot be reached."""


class ServerProgramsMissing(EmbeddedServerError):
    """The PostgreSQL programs are not installed, do not run here, or have the wrong version."""
