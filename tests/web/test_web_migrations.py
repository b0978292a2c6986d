"""The store of an earlier version: taken over with everything in it, or left exactly as it was."""

import json
import sqlite3
from contextlib import closing

import pytest

from hingecheck import __version__
from hingecheck.errors import InputError
from hingecheck.web.store import MIGRATIONS, Store

# The tables of version 1, as that version wrote them: this text stays as it is, whatever becomes of the store.
VERSION_1 = """
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
PRAGMA user_version = 1;
"""
REPORT = {"hingecheck": __version__, "score": 80, "reps": [{}, {}], "view": {"kind": "side"}, "next_cue": "soft_knees"}
ATHLETE = ("a" * 16, "Ana", "ana", 1.5, '{"cues": {"soft_knees": {"bent": 20}}}', 2, "back", 'says: "no pain; none"')
CLIP = ("c" * 16, "a" * 16, "first.mp4", "2026-03-01", 2.5, 1234, "done", 3, None, json.dumps(REPORT), "good light")


@pytest.fixture
def old(tmp_path):
    """A data folder that version 1 left, with an athlete, a clip, a session and a secret."""
    with closing(sqlite3.connect(tmp_path / "hingecheck.sqlite3")) as db:
        db.executescript("PRAGMA journal_mode = WAL;" + VERSION_1)
        db.execute("INSERT INTO athletes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ATHLETE)
        db.execute(
            "INSERT INTO clips (id, athlete, name, day, added_s, bytes, work, revision, error, report, notes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            CLIP,
        )
        db.execute("INSERT INTO sessions VALUES ('digest', 4e9)")
        db.execute("INSERT INTO facts VALUES ('secret', x'0123')")
        db.commit()
    (tmp_path / "clips" / CLIP[0]).mkdir(parents=True)
    (tmp_path / "clips" / CLIP[0] / "original").write_bytes(b"video")
    return tmp_path


def content(path):
    """All that a file holds, as SQL, with the number of its version."""
    with closing(sqlite3.connect(path)) as db:
        return [*db.iterdump(), db.execute("PRAGMA user_version").fetchone()[0]]


def holds_everything(store):
    (athlete,) = store.athletes()
    assert tuple(athlete[name] for name in ("id", "name", "folded", "added_s", "settings", "stage", "work_on", "notes")) == ATHLETE
    clip = store.clip(CLIP[0])
    kept = ("id", "athlete", "name", "day", "added_s", "bytes", "work", "revision", "error")
    assert tuple(clip[name] for name in kept) == CLIP[:9]
    assert (clip["report"], clip["notes"], clip["athlete_name"]) == (REPORT, "good light", "Ana")
    assert (clip["judged"], clip["score"], clip["reps"], clip["view"], clip["next_cue"]) == (1, 80, 2, "side", "soft_knees")
    assert store.session_holds("digest")
    assert store.fact("secret") == b"\x01\x23"
    assert (store.folder(CLIP[0]) / "original").read_bytes() == b"video"


def later(*steps):
    """The store of a version to come, with these migrations after today's."""
    return type("Later", (Store,), {"migrations": (*MIGRATIONS, *steps)})


WEIGHT = "ALTER TABLE clips ADD COLUMN weight_kg REAL; UPDATE clips SET weight_kg = 60, notes = notes || '; 60 kg';"


def test_a_store_of_version_1_opens_with_everything_in_it(old):
    with Store(old) as store:
        holds_everything(store)


def test_a_new_store_has_the_tables_of_the_newest_version_and_no_copy(tmp_path):
    Store(tmp_path).close()
    assert content(tmp_path / "hingecheck.sqlite3")[-1] == len(MIGRATIONS)
    assert not list(tmp_path.glob("*schema*"))


def test_migrations_run_in_order_once_and_leave_a_copy_of_the_file_before(old):
    before = content(old / "hingecheck.sqlite3")
    steps = (WEIGHT, "UPDATE clips SET weight_kg = weight_kg + 1; CREATE TABLE coaches (name TEXT DEFAULT 'a;b');")
    for _ in range(2):  # the second time there is nothing to do
        with later(*steps)(old) as store:
            (row,) = store._rows("SELECT weight_kg, notes FROM clips")
            assert row == {"weight_kg": 61.0, "notes": "good light; 60 kg"}
            assert store.athlete(ATHLETE[0])["name"] == "Ana"
    assert content(old / "hingecheck.sqlite3")[-1] == len(MIGRATIONS) + 2
    assert content(old / "hingecheck.schema-1.sqlite3") == before


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((WEIGHT + "UPDATE clips SET no_such_column = 1;",), "no such column"),
        ((WEIGHT, "DROP TABLE sessions; SELEKT;"), "SELEKT"),
        ((WEIGHT, "DELETE FROM athletes;"), "belongs to nothing"),
    ],
)
def test_a_migration_that_fails_half_way_leaves_the_old_file_as_it_was(old, steps, why):
    before = content(old / "hingecheck.sqlite3")
    with pytest.raises(InputError, match=why):
        later(*steps)(old)
    assert content(old / "hingecheck.sqlite3") == before
    assert content(old / "hingecheck.schema-1.sqlite3") == before
    with Store(old) as store:
        holds_everything(store)


def test_a_store_of_a_version_to_come_is_refused_in_one_line_and_not_touched(old):
    later(WEIGHT)(old).close()
    before = content(old / "hingecheck.sqlite3")
    with pytest.raises(InputError) as refused:
        Store(old)
    assert str(refused.value) == (
        f"{old / 'hingecheck.sqlite3'}: written by a newer version (schema 2, this one knows 1). "
        "Upgrade hingecheck, or choose another --data."
    )
    assert content(old / "hingecheck.sqlite3") == before


def test_what_is_deleted_after_a_migration_is_gone_from_the_copy_too(old):
    with later(WEIGHT)(old) as store:
        store.delete_athlete(ATHLETE[0])
    assert not list(old.glob("*schema*"))
