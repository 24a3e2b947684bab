"""The SQLite file: one connection for each thread, write-ahead log, forward migrations."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, local
from time import monotonic, sleep

from chalicelib.errors import NotFoundError, UnavailableError, VersionMismatchError
from chalicelib.models.project import Project
from chalicelib.models.technology import Technology
from chalicelib.stores.sqlite.schema import MIGRATIONS, Migration

BUSY_SECONDS = 30.0
BUSY_PAUSE_SECONDS = 0.01


class _RawConnection(sqlite3.Connection):
    """Closes itself: Python 3.13 warns if the garbage collector finds an open connection."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it was not open
            self.close()


class _Connection:
    """A thread's connection, closed when the thread ends."""

    def __init__(self, path: Path) -> None:
        # Autocommit: only `write` and `read` begin and end transactions.
        self.raw = _RawConnection(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self.raw.execute("PRAGMA foreign_keys = ON")
        # A crash of the process loses nothing. A power cut can lose the last commits, but not the file.
        self.raw.execute("PRAGMA synchronous = NORMAL")

    def __del__(self) -> None:
        if hasattr(self, "raw"):
            self.raw.close()


class Database:
    """Opens `path`. Creates it, or updates its schema, if needed.

    Raises UnavailableError if the file cannot be opened, is no database, or is newer than this code.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._path = path
        self._threads = local()
        # SQLite allows one writer. The writers of this process wait here instead of polling the file.
        self._writer = Lock()
        with _unavailable(
            f"The database {path.name} cannot be opened", "check LANDSCAPE_STORE_URL"
        ):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _use_wal(self.connection)
            self._migrate(migrations)

    @property
    def connection(self) -> sqlite3.Connection:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = _Connection(self._path)
        connection: sqlite3.Connection = self._threads.connection.raw
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction with the write lock from its start. Any error rolls it back."""
        with self._writer, _unavailable("The database cannot be written"):
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One snapshot for several queries."""
        with _unavailable("The database cannot be read"):
            connection = self.connection
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        with self.write() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(migrations):
                raise UnavailableError(
                    f"The database has schema {version}, this code supports {len(migrations)}: update the code"
                )
            for migration in migrations[version:]:
                for statement in migration:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Waits itself, as SQLite does not: of two processes that open a new file at once, one would fail."""
    end = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(BUSY_PAUSE_SECONDS)


@contextmanager
def _unavailable(what: str, cure: str = "send the request again later") -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        raise UnavailableError(f"{what} ({type(error).__name__}): {cure}") from error


def require_current(connection: sqlite3.Connection, before: Project | Technology) -> None:
    """Inside a write. Raises NotFoundError, and VersionMismatchError if the record was written since."""
    table = "projects" if isinstance(before, Project) else "technologies"
    row = connection.execute(
        f"SELECT version, mark FROM {table} WHERE id = ?", (before.id,)
    ).fetchone()
    if row is None:
        raise NotFoundError("It was deleted a moment ago: read the list again")
    version, mark = row
    if mark != before.mark:
        raise VersionMismatchError(f"The record now has version {version}: read it again")
