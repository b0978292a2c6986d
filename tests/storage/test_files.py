"""Files are whole or absent, and a write that fails says why in one line."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clips import as_nobody, files_no_larger_than

from hingecheck.errors import InputError, OutputError
from hingecheck.storage.files import Draft, Original, atomic, forget_drafts, sha256

ROOT = Path(__file__).parents[2]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_appears_whole_when_the_block_ends(tmp_path):
    with atomic(tmp_path / "report.json") as draft:
        draft.write_text("{}")
        assert names(tmp_path) == [draft.name], "the file itself must not exist yet"
    assert (tmp_path / "report.json").read_text() == "{}"
    assert names(tmp_path) == ["report.json"]


def test_an_earlier_file_is_replaced_in_one_step(tmp_path):
    target = tmp_path / "report.json"
    target.write_text("old")
    with atomic(target) as draft:
        draft.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_a_failure_in_the_block_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "report.json"
    target.write_text("old")
    with pytest.raises(KeyError), atomic(target) as draft:
        draft.write_text("half")
        raise KeyError("a mistake elsewhere")
    assert target.read_text() == "old"
    assert names(tmp_path) == ["report.json"]


def test_a_draft_that_nobody_holds_any_more_vanishes(tmp_path):
    draft = Draft(tmp_path / "report.json")
    draft.path.write_text("half")
    del draft
    assert names(tmp_path) == []


def test_ctrl_c_while_a_draft_is_being_made_leaves_nothing(tmp_path, monkeypatch):
    opened = os.open

    def interrupted(path, flags, *rest, **options):
        file = opened(path, flags, *rest, **options)
        if flags & os.O_CREAT:
            os.close(file)
            raise KeyboardInterrupt
        return file

    monkeypatch.setattr(os, "open", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic(tmp_path / "report.json"):
        pass
    assert names(tmp_path) == []


def test_a_draft_that_is_still_held_when_python_ends_vanishes(tmp_path):
    script = (
        "import sys; from hingecheck.storage.files import Draft; kept = Draft(sys.argv[1]); kept.path.write_text('half'); sys.exit(130)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path / "report.json")], cwd=ROOT).returncode == 130
    assert names(tmp_path) == []


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    with atomic(tmp_path / "atomic") as draft:
        draft.write_text("x")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_is_told_as_such(tmp_path):
    target = tmp_path / "annotated.mp4"
    # The one device that is always full; the draft itself stays writable.
    with (
        pytest.raises(OutputError, match=r"annotated\.mp4: no room left on the disk\. Free some space"),
        atomic(target),
        open("/dev/full", "wb") as full,
    ):
        full.write(b"x")
    assert names(tmp_path) == []


def test_a_write_cut_off_by_the_system_leaves_nothing_behind(tmp_path):
    target = tmp_path / "poses.npz"
    with files_no_larger_than(4096), pytest.raises(OutputError, match=r"poses\.npz: larger than"), atomic(target) as draft:
        draft.write_bytes(bytes(10_000))
    assert names(tmp_path) == []


def test_a_folder_without_permission_is_told_as_such(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with (
        as_nobody(),
        pytest.raises(OutputError, match=r"report\.json: no permission to write there\. Choose another folder"),
        atomic(closed / "report.json"),
    ):
        raise AssertionError("the block must not run")
    closed.chmod(0o700)


def test_a_missing_folder_is_told_before_anything_is_done(tmp_path):
    with pytest.raises(OutputError, match="the folder does not exist"):
        Draft(tmp_path / "nowhere" / "report.json")


def test_a_folder_in_the_way_is_told_before_anything_is_done(tmp_path):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OutputError, match="a folder of that name is in the way"):
        Draft(tmp_path / "report.json")
    assert names(tmp_path) == ["report.json"]


def test_a_file_where_a_folder_should_be_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="its folder is a file"):
        Draft(tmp_path / "file" / "report.json")


def test_a_name_too_long_is_told_and_the_draft_removed(tmp_path):
    with pytest.raises(OutputError, match="the name is too long"), atomic(tmp_path / ("x" * 300)) as draft:
        draft.touch()
    assert names(tmp_path) == []


def test_an_error_nobody_foresaw_still_names_the_file(tmp_path):
    with pytest.raises(OutputError, match=r"a\.csv: cannot be written \(Input/output error\)") as caught, atomic(tmp_path / "a.csv"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    assert isinstance(caught.value.__cause__, OSError)


def test_a_killed_writer_leaves_no_file_of_the_real_name(tmp_path):
    target = tmp_path / "report.json"
    code = (
        "import sys, time; from hingecheck.storage.files import atomic\n"
        "with atomic(sys.argv[1]) as draft:\n    draft.write_text('half'); print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"written\n"
        writer.send_signal(signal.SIGKILL)
    assert not target.exists()
    assert len(names(tmp_path)) == 1, "what it had written is still there"
    with atomic(target) as draft:
        draft.write_text("whole")
    assert target.read_text() == "whole"
    assert names(tmp_path) == ["report.json"], "the next writer has removed it"


def test_nobody_else_may_read_a_draft(tmp_path):
    with atomic(tmp_path / "annotated.mp4") as draft:
        assert draft.stat().st_mode & 0o777 == 0o600


def test_a_draft_whose_writer_lives_is_not_removed_by_another(tmp_path):
    with atomic(tmp_path / "one.csv") as draft:
        draft.write_text("1")
        forget_drafts(tmp_path)
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from hingecheck.storage.files import atomic\nwith atomic(sys.argv[1]): pass",
                tmp_path / "two.csv",
            ],
            cwd=ROOT,
            check=True,
        )
    assert names(tmp_path) == ["one.csv", "two.csv"]
    assert (tmp_path / "one.csv").read_text() == "1"


def test_only_files_that_are_certainly_drafts_are_removed(tmp_path):
    kept = [
        ".hingecheck-12.part",
        ".hingecheck-0123456789ab.part.mp4",
        ".hingecheck-0123456789AB.part",
        "hingecheck-0123456789ab.part",
        "a.part",
    ]
    for name in [*kept, ".hingecheck-0123456789ab.part"]:
        (tmp_path / name).touch()
    (tmp_path / ".hingecheck-000000000000.part").mkdir()
    (tmp_path / ".hingecheck-111111111111.part").symlink_to("a.part")
    forget_drafts(tmp_path)
    assert names(tmp_path) == sorted([*kept, ".hingecheck-000000000000.part", ".hingecheck-111111111111.part"])


def longer(path):
    path.write_bytes(path.read_bytes() + b"x")


def replaced(path):
    other = path.with_name("other")
    other.write_bytes(b"HINGE")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


def written_again(path):
    path.write_bytes(b"HINGE")
    os.utime(path, ns=(0, 1))


@pytest.mark.parametrize("change", [longer, replaced, written_again, Path.unlink], ids=lambda change: change.__name__)
def test_a_file_that_has_changed_is_not_the_original_any_more(tmp_path, change):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"hinge")
    original = Original(path)
    original.check(hashlib.sha256(b"hinge").hexdigest())
    change(path)
    with pytest.raises(InputError, match=r"clip\.mp4: (changed while it was read|cannot be read)"):
        original.check()


def test_content_of_another_hash_is_not_the_originals(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"hinge")
    with pytest.raises(InputError, match="changed while it was read, so nothing of it was kept"):
        Original(path).check(hashlib.sha256(b"HINGE").hexdigest())


def test_the_hash_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"hinge" * 100_000)
    assert sha256(path) == hashlib.sha256(b"hinge" * 100_000).hexdigest()


def test_the_hash_of_nothing_readable_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        sha256(tmp_path / "absent.mp4")
    with pytest.raises(InputError, match="cannot be read"):
        sha256(tmp_path)
