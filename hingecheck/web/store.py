"""The data of the server: athletes and clips as rows of an SQLite file, videos and poses as files beside it.

A clip's folder is named by a random id, never by what a user typed. The queue of clips to analyse is a column of their table, so it
outlives the server. ``athletes.settings`` is a profile as JSON, with only what differs from the default. ``clips.report`` is report.json.
"""

import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..errors import InputError
from ..storage.files import writing
from ..verdict.profiles import Profile, validated
from .database import Database, Row

# Never edit a released step: to change the tables, append one.
MIGRATIONS: Final = (
    """
CREATE TABLE athletes (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, added_s REAL NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}', stage INTEGER, work_on TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT ''
);
CREATE TABLE clips (
    id TEXT PRIMARY KEY, athlete TEXT NOT NULL REFERENCES athletes ON DELETE CASCADE, name TEXT NOT NULL, day TEXT NOT NULL,
    added_s REAL NOT NULL, bytes INTEGER NOT NULL, work TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0, error TEXT, report TEXT,
    notes TEXT NOT NULL DEFAULT '',
    judged INTEGER AS (report IS NOT NULL) STORED, score INTEGER AS (json_extract(report, '$.score')) STORED,
    reps INTEGER AS (json_array_length(report, '$.reps')) STORED, view TEXT AS (json_extract(report, '$.view.kind')) STORED,
    next_cue TEXT AS (json_extract(report, '$.next_cue')) STORED
);
CREATE INDEX clips_of_an_athlete ON clips (athlete, day);
CREATE INDEX clips_to_do ON clips (work);
CREATE TABLE sessions (digest TEXT PRIMARY KEY, ends_s REAL NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL);
""",
)
LONGEST_NAME: Final = 120

# A clip with its athlete's name. The report is long, so it is read only on request.
_CLIP: Final = (
    "SELECT clips.id, athlete, athletes.name AS athlete_name, clips.name, day, clips.added_s, bytes, work, revision, error, clips.notes, "
    "judged, score, reps, view, next_cue, athletes.settings"
)
_FROM: Final = " FROM clips JOIN athletes ON athletes.id = athlete "


class Store(Database):
    """The data folder: rows of athletes, clips and sessions, and a folder of files for each clip."""

    migrations: Sequence[str] = MIGRATIONS

    def _prepare(self) -> None:
        """Migrate the tables, requeue clips that a killed server or another version left, and remove files that belong to no row."""
        super()._prepare()
        self.clips_folder = self.root / "clips"
        with writing(self.clips_folder):
            self.clips_folder.mkdir(exist_ok=True)
        with self._change() as db:
            db.execute("UPDATE clips SET work = 'queued' WHERE work = 'running'")
            old = "json_extract(report, '$.hingecheck') IS NOT ?"
            db.execute(f"UPDATE clips SET work = 'queued' WHERE work = 'done' AND {old}", (__version__,))
        known = {row["id"] for row in self._rows("SELECT id FROM clips")}
        for folder in self.clips_folder.iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)

    # Athletes

    def athletes(self) -> list[Row]:
        """All athletes by name, with the number of their clips, the last day, and the mean score of the reps of the last day judged."""
        return self._rows(
            "SELECT athletes.*, count(clips.id) AS clips, max(day) AS last_day, total(reps) AS reps, "
            "(SELECT avg(json_extract(rep.value, '$.score')) FROM clips AS last, json_each(last.report, '$.reps') AS rep "
            "WHERE last.athlete = athletes.id AND last.day = (SELECT max(day) FROM clips WHERE athlete = athletes.id AND reps)) "
            "AS last_score "
            "FROM athletes LEFT JOIN clips ON athlete = athletes.id GROUP BY athletes.id ORDER BY folded"
        )

    def athlete(self, athlete_id: str) -> Row | None:
        """One athlete, or None."""
        return self._row("SELECT * FROM athletes WHERE id = ?", athlete_id)

    def athlete_named(self, name: str) -> Row:
        """The athlete of this name, upper and lower case alike. A new one if there is none."""
        name = tidy(name)
        with self._change() as db:
            db.execute(
                "INSERT INTO athletes (id, name, folded, added_s) VALUES (?, ?, ?, ?) ON CONFLICT (folded) DO NOTHING",
                (_new_id(), name, name.casefold(), time.time()),
            )
        found = self._row("SELECT * FROM athletes WHERE folded = ?", name.casefold())
        assert found is not None
        return found

    def change_athlete(self, athlete_id: str, changes: Mapping[str, Any]) -> None:
        """Set some of name, stage, work_on, notes, settings. ``InputError`` for a name that another athlete has."""
        values = dict(changes)
        if "name" in values:
            values["name"] = tidy(values["name"])
            values["folded"] = values["name"].casefold()
        if isinstance(values.get("settings"), Mapping):
            values["settings"] = json.dumps(values["settings"], ensure_ascii=False)
        try:
            self._set("athletes", athlete_id, values)
        except sqlite3.IntegrityError as error:
            raise InputError(f"{values['name']}: another athlete has this name. Choose another.") from error

    def delete_athlete(self, athlete_id: str) -> list[str]:
        """Delete the rows of an athlete and of all their clips. Returns the ids of the clips, whose files are still there."""
        clips = [clip["id"] for clip in self.clips(athlete_id)]
        with self._change() as db:
            db.execute("DELETE FROM athletes WHERE id = ?", (athlete_id,))
        self._forget()
        return clips

    # Clips

    def clips(self, athlete_id: str | None = None, *, reports: bool = False) -> list[Row]:
        """Clips, newest day first. With ``reports``, each has its report as JSON text."""
        where = "" if athlete_id is None else "WHERE athlete = ? "
        report = ", report" if reports else ""
        return self._rows(
            f"{_CLIP}{report}{_FROM}{where}ORDER BY day DESC, clips.added_s DESC", *(() if athlete_id is None else (athlete_id,))
        )

    def clip(self, clip_id: str) -> Row | None:
        """One clip with its report as plain values, or None."""
        found = self._row(f"{_CLIP}, report{_FROM}WHERE clips.id = ?", clip_id)
        return None if found is None else _parsed(found)

    def folder(self, clip_id: str) -> Path:
        """The folder of a clip's files. ``clip_id`` must be the id of a row."""
        return self.clips_folder / clip_id

    def new_folder(self) -> tuple[str, Path]:
        """A new clip's id and folder. A folder without a row is removed when the server starts."""
        clip_id = _new_id()
        folder = self.folder(clip_id)
        with writing(self.root):
            folder.mkdir()
        return clip_id, folder

    def add_clip(
        self, clip_id: str, athlete_id: str, name: str, day: date, size: int, work: str = "queued", report: Mapping[str, Any] | None = None
    ) -> None:
        """Add the row of a clip whose files are complete, with its report if it was judged already."""
        with self._change() as db:
            db.execute(
                "INSERT INTO clips (id, athlete, name, day, added_s, bytes, work, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (clip_id, athlete_id, tidy(name), day.isoformat(), time.time(), size, work, None if report is None else json.dumps(report)),
            )

    def change_clip(self, clip_id: str, changes: Mapping[str, Any]) -> None:
        """Set some of name, day, notes, athlete."""
        values = dict(changes)
        if "name" in values:
            values["name"] = tidy(values["name"])
        self._set("clips", clip_id, values)

    def delete_clip(self, clip_id: str) -> None:
        """Delete the row of a clip. Its files are still there."""
        with self._change() as db:
            db.execute("DELETE FROM clips WHERE id = ?", (clip_id,))
        self._forget()

    def remove_files(self, clip_ids: Sequence[str]) -> None:
        """Delete the folders of clips that have no row."""
        for clip_id in clip_ids:
            shutil.rmtree(self.folder(clip_id), ignore_errors=True)

    # The queue

    def claim(self) -> Row | None:
        """Take the next clip to work on: clips never judged first, then in order of arrival."""
        with self._change() as db:
            taken = db.execute(
                "UPDATE clips SET work = 'running' WHERE id = (SELECT id FROM clips WHERE work = 'queued' "
                "ORDER BY judged, added_s LIMIT 1) RETURNING id"
            ).fetchone()
            if taken is None:
                return None
            # In the same transaction: a claim whose row could not be read would be nobody's.
            return _parsed(dict(db.execute(f"{_CLIP}, report{_FROM}WHERE clips.id = ?", (taken["id"],)).fetchone()))

    def finish(self, clip: Row, report: Mapping[str, Any] | None, error: str | None) -> None:
        """Store how the work on a claimed clip ended. A clip that was requeued meanwhile goes back into the queue."""
        with self._change() as db:
            done = (
                "failed" if report is None else "done",
                error,
                None if report is None else json.dumps(report),
                clip["id"],
                clip["revision"],
            )
            db.execute("UPDATE clips SET work = ?, error = ?, report = coalesce(?, report) WHERE id = ? AND revision = ?", done)
            db.execute("UPDATE clips SET work = 'queued' WHERE id = ? AND revision != ?", (clip["id"], clip["revision"]))

    def requeue(self, clip_id: str, report: Mapping[str, Any] | None = None) -> None:
        """Put a clip into the queue again, with its new report if there already is one."""
        with self._change() as db:
            text = None if report is None else json.dumps(report)
            db.execute(
                "UPDATE clips SET work = iif(work = 'running', work, 'queued'), revision = revision + 1, error = NULL, "
                "report = coalesce(?, report) WHERE id = ?",
                (text, clip_id),
            )

    def unfinished(self) -> list[Row]:
        """Clips that wait or are worked on, in the order in which they are taken."""
        return self._rows(f"{_CLIP}{_FROM}WHERE work IN ('queued', 'running') ORDER BY work DESC, judged, clips.added_s")

    # Sessions

    def begin_session(self, digest: str, ends_s: float) -> None:
        """Store a new session, and delete those that have ended."""
        with self._change() as db:
            db.execute("DELETE FROM sessions WHERE ends_s < ?", (time.time(),))
            db.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (digest, ends_s))

    def session_holds(self, digest: str) -> bool:
        """Whether the session with this digest is signed in."""
        return self._row("SELECT 1 FROM sessions WHERE digest = ? AND ends_s >= ?", digest, time.time()) is not None

    def end_sessions(self, digest: str | None = None) -> None:
        """End one session, or all."""
        with self._change() as db:
            db.execute("DELETE FROM sessions WHERE ? IS NULL OR digest = ?", (digest, digest))


def _parsed(row: Row) -> Row:
    """A row with its report as plain values."""
    return row if row["report"] is None else row | {"report": json.loads(row["report"])}


def profile_of(row: Row) -> Profile:
    """The profile of an athlete or of a clip's athlete, from the ``settings`` of a row."""
    name = row.get("athlete_name") or row["name"]
    return validated({"name": name} | json.loads(row["settings"]), name)


def tidy(name: str) -> str:
    """A name cleaned for display: printable, on one line, of limited length. ``InputError`` if nothing is left."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:LONGEST_NAME].strip()
    if not shown:
        raise InputError("name: nothing that can be shown in it. Give a name.")
    return shown


def _new_id() -> str:
    return secrets.token_hex(8)
