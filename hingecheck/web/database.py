"""One SQLite file in a folder that one process at a time owns: lock, connections and transactions. Knows nothing of what is in it."""

import fcntl
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from ..errors import InputError
from ..storage.files import writing

Row = dict[str, Any]


class Database:
    """The data folder. Any thread may call; every change is on the disk when a call returns. ``InputError`` when it cannot be used.

    ``schema`` counts the shapes that the tables have had.
    """

    schema: int
    tables: str

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._file = self.root / "hingecheck.sqlite3"
        self._idle: list[sqlite3.Connection] = []  # connections that no thread uses just now
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            self._lock = (self.root / "lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                self._lock.close()
                raise InputError(f"{self.root}: another hingecheck serves from this folder. Stop it, or choose another --data.") from error
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.close()
            raise InputError(f"{self._file}: not a store of hingecheck, or damaged ({error}). Choose another --data.") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder, once no other thread asks any more."""
        while self._idle:
            self._idle.pop().close()
        self._lock.close()

    def _prepare(self) -> None:
        """Make the tables."""
        with self._change() as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, self.schema):
                raise InputError(f"{self._file}: written by another version (schema {found}). Upgrade, or choose another --data.")
            if not found:
                for statement in filter(str.strip, self.tables.split(";")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {self.schema}")
                db.execute("INSERT INTO facts VALUES ('secret', ?)", (secrets.token_bytes(32),))

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread uses meanwhile."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(self._file, timeout=30, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {setting}")
        try:
            yield connection
        finally:
            self._idle.append(connection)

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block or nothing."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _rows(self, query: str, *values: object) -> list[Row]:
        with self._connected() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    def _row(self, query: str, *values: object) -> Row | None:
        return next(iter(self._rows(query, *values)), None)

    def _set(self, table: str, row_id: str, values: Row) -> None:
        """Set columns, whose names come from the code and never from a request."""
        if values:
            with self._change() as db:
                assignments = ", ".join(f"{column} = ?" for column in values)
                db.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*values.values(), row_id))

    def _forget(self) -> None:
        """Write deleted rows out of the log too: for good means for good."""
        with suppress(sqlite3.OperationalError), self._connected() as connection:  # a reader is in the way; the next one does it
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fact(self, name: str) -> bytes | None:
        """Something the server keeps for itself."""
        found = self._row("SELECT value FROM facts WHERE name = ?", name)
        return None if found is None else found["value"]

    def set_fact(self, name: str, value: bytes) -> None:
        """Keep something, in place of what was kept under this name."""
        with self._change() as db:
            db.execute("INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))
