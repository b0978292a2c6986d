"""An SQLite file in a folder that only one process at a time may use: lock, migrations, connections and transactions.

Knows nothing of the tables' content.
"""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self

from ..errors import InputError, OutputError
from ..storage.files import atomic, writing

Row = dict[str, Any]

PATIENCE_S: Final = 30.0  # for another program that reads the file
_TROUBLE: Final = {
    sqlite3.SQLITE_FULL: "the disk is full. Free some space.",
    sqlite3.SQLITE_IOERR: "the disk is full, or fails. Free some space.",
    sqlite3.SQLITE_READONLY: "cannot be written. Give this user permission to write there.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened. Give this user permission to read and write there.",
    sqlite3.SQLITE_BUSY: "another program holds the data. Close it.",
    sqlite3.SQLITE_LOCKED: "another program holds the data. Close it.",
}


class Database:
    """The data folder. Any thread may call it. A change is on the disk when its call returns. ``InputError`` if the folder cannot be used.

    ``migrations``: one piece of SQL for each step from a version to the next. The first makes the tables. ``PRAGMA user_version`` of the
    file says how many steps it has had. Never edit a released step: append a new one.
    """

    migrations: Sequence[str]

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._file = self.root / "hingecheck.sqlite3"
        self._idle: list[sqlite3.Connection] = []  # connections that no thread is using
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
        self._lock = _locked(self.root)
        try:
            self._prepare()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the second: its own complaint quotes text that is none
            self.close()
            why = "it holds text that is none" if isinstance(error, UnicodeDecodeError) else error
            raise InputError(f"{self._file}: not a store of hingecheck, or damaged ({why}). Choose another --data.") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the folder. Call it when no other thread uses the database any more."""
        while self._idle:
            self._idle.pop().close()
        self._lock.close()

    def _prepare(self) -> None:
        """Make the tables, or migrate those of an earlier version."""
        newest = len(self.migrations)
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as db:
            found = int(db.execute("PRAGMA user_version").fetchone()[0])
            if not 0 <= found <= newest:
                raise InputError(
                    f"{self._file}: written by a newer version (schema {found}, this one knows {newest}). "
                    "Upgrade hingecheck, or choose another --data."
                )
            if found and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("pages of it are broken")
            if found == newest:
                return
            if found:
                _copy(db, self._backup(found))
            with _transaction(db):  # all steps or none, so that the earlier version can still open the file if a step fails
                for statement in (statement for step in self.migrations[found:] for statement in _statements(step)):
                    db.execute(statement)
                if broken := db.execute("PRAGMA foreign_key_check").fetchone():
                    raise sqlite3.IntegrityError(f"a row of {broken[0]} belongs to nothing after the migration")
                db.execute(f"PRAGMA user_version = {newest}")
                if not found:
                    db.execute("INSERT INTO facts VALUES ('secret', ?)", (secrets.token_bytes(32),))

    def _backup(self, version: int | str) -> Path:
        """Path of the backup from before the migration of ``version``."""
        return self.root / f"hingecheck.schema-{version}.sqlite3"

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone while the block runs."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except sqlite3.Error as error:
            connection.close()  # whatever it was in the middle of; the next one begins anew
            if (why := trouble(error)) is not None:
                raise OutputError(f"{self.root}: {why}") from error
            raise
        except BaseException:
            self._idle.append(connection)
            raise
        self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._file, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error as error:
            raise OutputError(f"{self.root}: {trouble(error) or error}") from error
        return connection

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction: the block takes effect as a whole or not at all."""
        with self._connected() as connection, _transaction(connection):
            yield connection

    def _rows(self, query: str, *values: object) -> list[Row]:
        with self._connected() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    def _row(self, query: str, *values: object) -> Row | None:
        return next(iter(self._rows(query, *values)), None)

    def _set(self, table: str, row_id: str, values: Row) -> None:
        """Set columns of a row. Column names must come from the code, never from a request."""
        if values:
            with self._change() as db:
                assignments = ", ".join(f"{column} = ?" for column in values)
                db.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*values.values(), row_id))

    def _forget(self) -> None:
        """Remove deleted rows from SQLite's log and from the backups of migrations too, so that nothing of them is left."""
        for backup in self.root.glob(self._backup("*").name):
            with suppress(OSError):
                backup.unlink()
        with suppress(sqlite3.Error, OutputError), self._connected() as connection:  # a reader blocks it; the next deletion does it
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fact(self, name: str) -> bytes | None:
        """A value that the server stored under this name, or None."""
        found = self._row("SELECT value FROM facts WHERE name = ?", name)
        return None if found is None else found["value"]

    def set_fact(self, name: str, value: bytes) -> None:
        """Store a value under this name, replacing the old one."""
        with self._change() as db:
            db.execute("INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))


def trouble(error: sqlite3.Error) -> str | None:
    """What stands in the way of the file and what to do; None where it is the fault of what was asked, or of the file."""
    return _TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _locked(root: Path) -> sqlite3.Connection:
    """The lock of a folder, held until closed or until the process ends. SQLite can lock files on every system, Python only on some."""
    lock = None
    try:
        lock = sqlite3.connect(root / "lock", timeout=0, isolation_level=None, check_same_thread=False)
        lock.execute("PRAGMA journal_mode = MEMORY")  # nothing is written, so no rollback file is needed
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if lock is not None:
            lock.close()
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise InputError(f"{root}: another hingecheck serves from this folder. Stop it, or choose another --data.") from error
        raise OutputError(f"{root / 'lock'}: cannot be written ({error}). Choose another folder.") from error
    return lock


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction: the block takes effect as a whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite takes some back by itself, as on a full disk
            connection.execute("ROLLBACK")
        raise


def _copy(db: sqlite3.Connection, target: Path) -> None:
    """Copy a database, with the content of its log, into a file that is whole or absent."""
    with atomic(target) as draft, closing(sqlite3.connect(draft)) as copied:
        db.backup(copied)


def _statements(sql: str) -> Iterator[str]:
    """The single statements of some SQL. ``executescript`` cannot be used, because it would end the transaction."""
    statement = ""
    for piece in sql.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):  # False for a semicolon inside a string or a trigger
            if statement.strip() != ";":
                yield statement
            statement = ""
