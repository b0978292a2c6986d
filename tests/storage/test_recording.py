"""What was recorded comes back bit for bit, and anything else is a RecordingError."""

import io
import json
import math
import tracemalloc
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from clips import as_nobody, files_no_larger_than
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hingecheck import __version__
from hingecheck.errors import OutputError, RecordingError
from hingecheck.storage.recording import SCHEMA, beyond_belief, load_poses, save_poses, storable
from hingecheck.storage.spool import PoseSpool
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.silhouette import L, S
from hingecheck.verdict.skeleton import K

META = {"clip": {"path": "clip.mp4", "frames": 5}, "model": "full", "warnings": ["ends early"], "nothing": None}


def some_poses(frames=5, seed=0) -> Poses:
    """Poses of nobody in particular; in the second frame nobody at all."""
    rng = np.random.default_rng(seed)
    poses = Poses(
        time_s=np.arange(frames) / 29.97,
        xy=rng.normal(300, 200, (frames, K, 2)),
        score=rng.random((frames, K)),
        world=rng.normal(0, 0.5, (frames, K, 3)),
        back=rng.normal(0.2, 0.05, (frames, S)),
        leg=rng.normal(0.1, 0.05, (frames, L)),
        people=np.ones(frames, np.int8),
        hidden=rng.random((frames, K)) < 0.1,
    )
    for array in (poses.xy, poses.score, poses.world, poses.back, poses.leg):
        array[1:2] = np.nan
    poses.people[1:2], poses.hidden[1:2] = 0, False
    return storable(poses)


def same(a: Poses, b: Poses) -> bool:
    """Bit for bit, the signs of zeros included; of two NaN only that they are."""
    for f in fields(Poses):
        one, other = getattr(a, f.name), getattr(b, f.name)
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f") or not np.array_equal(np.signbit(one), np.signbit(other)):
            return False
    return True


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "clip.poses.npz"
    save_poses(path, some_poses(), META)
    return path


def rewritten(path, **changes):
    """The same file with arrays replaced, or left out where the change is None."""
    with np.load(path) as stored:
        content = {name: stored[name] for name in stored.files} | changes
    np.savez(path, **{name: array for name, array in content.items() if array is not None})
    return path


def refusal(path) -> str:
    with pytest.raises(RecordingError) as caught:
        load_poses(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


# There and back


def test_poses_and_what_is_said_of_them_come_back(saved):
    poses, meta = load_poses(saved)
    assert same(poses, some_poses())
    assert meta == META
    assert all(getattr(poses, f.name).flags.c_contiguous for f in fields(Poses))


def test_storable_is_what_comes_back_so_judging_again_is_bit_identical(tmp_path):
    rng = np.random.default_rng(1)
    raw = replace(some_poses(), xy=rng.normal(0, 1e3, (5, K, 2)), back=rng.random((5, S)))
    kept = storable(raw)
    save_poses(tmp_path / "a.npz", kept, {})
    assert same(load_poses(tmp_path / "a.npz")[0], kept)
    assert same(storable(kept), kept)
    assert np.abs(kept.xy - raw.xy).max() < 1e-3, "px"
    assert kept.time_s.tobytes() == raw.time_s.tobytes(), "times are kept in full"


def test_poses_finer_than_a_file_keeps_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match=r"xy is finer than a file keeps; pass them through storable\(\) first"):
        save_poses(tmp_path / "a.npz", replace(some_poses(), xy=some_poses().xy + 1e-9), {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_s": np.zeros(5)},
        {"score": np.zeros((4, K))},
        {"xy": np.zeros((5, K - 1, 2))},
        {"score": np.zeros((6, K))},
        {"back": np.zeros(5)},
    ],
)
def test_poses_that_could_not_be_loaded_are_not_saved(tmp_path, wrong):
    with pytest.raises(ValueError, match="poses cannot be recorded"):
        save_poses(tmp_path / "a.npz", replace(some_poses(), **wrong), {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("meta", [{"score": float("nan")}, {"path": object()}])
def test_what_json_cannot_say_is_a_programming_mistake(tmp_path, meta):
    with pytest.raises((ValueError, TypeError)):
        save_poses(tmp_path / "a.npz", some_poses(), meta)
    assert list(tmp_path.iterdir()) == []


def test_anyone_can_read_the_file_with_numpy_alone(saved):
    with np.load(saved, allow_pickle=False) as stored:
        assert {"schema", "hingecheck", "meta", *(f.name for f in fields(Poses))} == set(stored.files)
        assert (int(stored["schema"]), str(stored["hingecheck"])) == (SCHEMA, __version__)
        assert stored["xy"].dtype == np.float32


def test_the_same_poses_make_the_same_bytes(saved, tmp_path):
    save_poses(tmp_path / "again.npz", some_poses(), META)
    assert saved.read_bytes() == (tmp_path / "again.npz").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.data(), frames=st.integers(0, 4))
def test_whatever_the_numbers_they_come_back(tmp_path, drawn, frames):
    numbers = st.floats(width=32) | st.just(float("nan"))
    raw = Poses(
        time_s=np.sort(drawn.draw(arrays(float, frames, elements=st.floats(-1e9, 1e9), unique=True))),
        xy=drawn.draw(arrays(float, (frames, K, 2), elements=numbers)),
        score=drawn.draw(arrays(float, (frames, K), elements=st.floats(allow_nan=True))),
        world=drawn.draw(arrays(float, (frames, K, 3), elements=numbers)),
        back=drawn.draw(arrays(float, (frames, S), elements=numbers)),
        leg=drawn.draw(arrays(float, (frames, L), elements=numbers)),
        people=drawn.draw(arrays(np.int8, frames)),
        hidden=drawn.draw(arrays(np.bool_, (frames, K))),
    )
    if len(np.unique(raw.time_s)) < frames:  # 0.0 and -0.0
        return
    poses = storable(raw)
    save_poses(tmp_path / "a.npz", poses, {})
    assert same(load_poses(tmp_path / "a.npz")[0], poses)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    meta=st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    )
)
def test_whatever_is_said_of_them_comes_back(tmp_path, meta):
    save_poses(tmp_path / "a.npz", some_poses(1), meta)
    assert load_poses(tmp_path / "a.npz")[1] == meta


def test_a_path_that_is_not_unicode_can_be_told(tmp_path):
    meta = {"path": b"latin \xe9.mp4".decode(errors="surrogateescape")}
    save_poses(tmp_path / "a.npz", some_poses(), meta)
    assert load_poses(tmp_path / "a.npz")[1] == meta


def plain_file(path, poses, meta):
    """What numpy itself makes of the same arrays."""
    arrays = {f.name: getattr(poses, f.name) for f in fields(Poses)}
    arrays = {name: array.astype(np.float32) if array.dtype == float and name != "time_s" else array for name, array in arrays.items()}
    np.savez_compressed(path, schema=SCHEMA, hingecheck=__version__, meta=json.dumps(meta), **arrays)
    return path


def members(path) -> list[tuple[str, int, bytes]]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return [(entry.filename, entry.compress_type, archive.read(entry)) for entry in archive.infolist()]


@pytest.mark.parametrize("frames", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize("spooled", [False, True])
def test_written_in_chunks_it_is_the_file_that_numpy_writes_in_one_piece(tmp_path, monkeypatch, frames, spooled):
    poses = some_poses(frames, seed=frames)
    source = poses
    if spooled:
        source = PoseSpool()
        source.append(poses)
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", 100)
    save_poses(tmp_path / "a.npz", source, META)
    assert members(tmp_path / "a.npz") == members(plain_file(tmp_path / "b.npz", poses, META))
    assert same(load_poses(tmp_path / "a.npz")[0], poses)


@pytest.mark.parametrize(
    ("name", "row", "value", "complaint"),
    [
        ("xy", 230, 1e-9, "xy is finer than a file keeps"),
        ("time_s", 200, 1.0, "its times do not rise"),  # the first of a chunk
        ("time_s", 120, np.nan, "its times do not rise"),
    ],
)
def test_a_flaw_in_a_later_chunk_is_found_as_well(tmp_path, monkeypatch, name, row, value, complaint):
    poses = some_poses(250)
    getattr(poses, name)[row] = value
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", 100)
    with pytest.raises(ValueError, match=complaint):
        save_poses(tmp_path / "a.npz", poses, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit_bytes", [0, 100, 5_000, 60_000, 100_000])
def test_wherever_the_disk_is_full_it_is_one_line_and_nothing_is_left(tmp_path, monkeypatch, limit_bytes):
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", 50)
    with files_no_larger_than(limit_bytes), pytest.raises(OutputError) as caught:
        save_poses(tmp_path / "a.npz", some_poses(300), META)
    assert str(caught.value) == f"{tmp_path / 'a.npz'}: larger than files may be there. Choose another folder."
    assert list(tmp_path.iterdir()) == []


def test_an_array_added_by_a_later_version_of_this_schema_is_no_obstacle(saved):
    assert same(load_poses(rewritten(saved, mood=np.zeros(5)))[0], some_poses())


def test_a_full_disk_leaves_the_old_recording(saved):
    before = saved.read_bytes()
    with files_no_larger_than(1000), pytest.raises(OutputError, match="larger than"):
        save_poses(saved, some_poses(50), META)
    assert saved.read_bytes() == before
    assert [entry.name for entry in saved.parent.iterdir()] == [saved.name]


# What is no recording


def test_a_file_of_before_there_was_a_leg_has_a_leg_that_is_not_seen(saved, tmp_path):
    with np.load(saved) as stored:
        np.savez(tmp_path / "old.npz", **{name: stored[name] for name in stored.files if name != "leg"})
    old, meta = load_poses(tmp_path / "old.npz")
    assert np.isnan(old.leg).all() and old.leg.shape == (5, L)
    assert same(replace(old, leg=some_poses().leg), some_poses()) and meta == META


def test_a_file_of_before_there_was_hidden_says_it_by_its_score_and_is_judged_as_before(saved, tmp_path):
    """0.6 was that score, as float32 has it; a score a hair next to it was the network's own."""
    with np.load(saved) as stored:
        content = {name: stored[name] for name in stored.files if name != "hidden"}
    score = content["score"]
    score[:] = 0.9
    score[2, 7], score[3, 9], score[4, 11] = 0.6, np.nextafter(np.float32(0.6), np.float32(1)), 0.59
    np.savez(tmp_path / "old.npz", **content)
    old, _ = load_poses(tmp_path / "old.npz")
    assert old.hidden.dtype == bool and np.argwhere(old.hidden).tolist() == [[2, 7]]
    assert np.array_equal(old.likely, score.astype(float)) and np.array_equal(old.score, score)
    save_poses(tmp_path / "new.npz", old, {})
    assert same(load_poses(tmp_path / "new.npz")[0], old)


def test_a_missing_file_a_folder_and_a_closed_file_are_told_apart(saved):
    assert refusal(saved.parent / "absent.npz").startswith("no such file.")
    assert refusal(saved.parent).startswith("a folder, not recorded poses.")
    saved.chmod(0)
    with as_nobody():
        assert refusal(saved).startswith("no permission to read it.")


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04", b"\x93NUMPY", b"time_s,phase\n0,1\n", b"\x80\x04N."])
def test_what_is_no_npz_is_told_as_such(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    assert refusal(path).startswith("not recorded poses, or damaged.")


def test_a_single_array_and_another_zip_are_told_as_such(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(5))
    assert refusal(tmp_path / "a.npy").startswith("not recorded poses, or damaged.")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("notes.txt", "three sets of five")
    assert refusal(tmp_path / "a.npz").startswith("not recorded poses (no schema number).")


def test_a_file_that_would_run_something_is_refused(saved):
    assert refusal(rewritten(saved, xy=np.array([print], dtype=object))).startswith("not recorded poses, or damaged.")


@pytest.mark.parametrize("name", [f.name for f in fields(Poses) if f.name not in ("leg", "hidden", "camera", "breaks")])
def test_a_missing_array_is_named(saved, name):
    assert refusal(rewritten(saved, **{name: None})) == f"no {name} in it. Analyze the clip again."


@pytest.mark.parametrize(
    ("name", "array", "complaint"),
    [
        ("xy", np.zeros((5, 17, 2), np.float32), "xy is (5, 17, 2) float32, not (T, 33, 2) float32"),
        ("xy", np.zeros((5, K, 2)), "xy is (5, 33, 2) float64, not (T, 33, 2) float32"),
        ("score", np.zeros((4, K), np.float32), "score is (4, 33) float32, not (T, 33) float32"),
        ("back", np.zeros(5, np.float32), "back is (5,) float32, not (T, 31) float32"),
        ("people", np.zeros(5), "people is (5,) float64, not (T) int8"),
        ("hidden", np.zeros((5, K), np.int8), "hidden is (5, 33) int8, not (T, 33) bool"),
        ("time_s", np.array(0.0), "time_s is () float64, not (T) float64"),
        ("time_s", np.array(list("abcde")), "time_s is (5,) <U1, not (T) float64"),
        ("time_s", np.zeros(5), "its times do not rise"),
        ("time_s", np.array([0, 1, 2, np.nan, 4]), "its times do not rise"),
        ("time_s", np.array([0, 1, 2, 3, np.inf]), "its times do not rise"),
    ],
)
def test_a_wrong_array_is_named_with_what_was_expected(saved, name, array, complaint):
    assert refusal(rewritten(saved, **{name: array})) == f"{complaint}. Analyze the clip again."


def test_a_newer_schema_asks_for_a_newer_program(saved):
    assert refusal(rewritten(saved, schema=SCHEMA + 1)).startswith(f"schema {SCHEMA + 1}, and this hingecheck reads {SCHEMA}. Upgrade")


@pytest.mark.parametrize("schema", [None, np.array("one"), np.array([1, 2]), np.array(1.0)])
def test_a_file_without_a_schema_number_is_not_ours(saved, schema):
    assert refusal(rewritten(saved, schema=schema)).startswith("not recorded poses (no schema number).")


@pytest.mark.parametrize("meta", [None, np.array("{"), np.array("[" * 100_000), np.array("[1]"), np.array(3)])
def test_meta_that_is_no_table_is_told_as_such(saved, meta):
    assert refusal(rewritten(saved, meta=meta)).startswith("what it says of its clip ")


def valid_bytes() -> bytes:
    """A recording stored without compression, so that a changed byte reaches every layer."""
    buffer = io.BytesIO()
    np.savez(buffer, schema=SCHEMA, hingecheck=__version__, meta="{}", **some_poses(2).narrowed())
    return buffer.getvalue()


VALID = valid_bytes()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), max_size=8), length=st.integers(0, len(VALID)))
def test_damaged_bytes_are_a_recording_error_and_nothing_else(tmp_path, changes, length):
    content = bytearray(VALID[: length if length % 3 == 0 else None])
    for place, value in changes:
        if place < len(content):
            content[place] = value
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    try:
        poses, meta = load_poses(path)
    except RecordingError as error:
        assert str(error).startswith(str(path))
    else:
        assert len(poses) == 2
        assert meta == {}


def test_intact_bytes_are_no_error(tmp_path):
    (tmp_path / "a.npz").write_bytes(VALID)
    assert same(load_poses(tmp_path / "a.npz")[0], some_poses(2))


# ------------------------------------------------------------------------------------------------------------------ from strangers


def bomb(path: Path, name: str, descr: str, shape: tuple[int, ...], **others) -> Path:
    """A recording in which one array, packed to a thousandth, takes what its shape says."""
    content = {f"{key}.npy": value for key, value in {"schema": SCHEMA, "meta": "{}", **some_poses(2).narrowed(), **others}.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in content.items():
            if key != f"{name}.npy":
                with archive.open(key, "w") as file:
                    np.lib.format.write_array(file, np.array(value))
        with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
            left = math.prod(shape) * np.dtype(descr).itemsize
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 20)))
    return path


MIB = 1 << 20


@pytest.mark.parametrize(
    ("name", "descr", "shape", "says"),
    [
        ("extra", "<f8", (60 * MIB,), None),
        ("xy", "<f4", (2_000_000, K, 2), "xy is (2000000, 33, 2) float32, not (T, 33, 2) float32"),
        ("time_s", "<f8", (60 * MIB,), "xy is (2, 33, 2) float32, not (T, 33, 2) float32"),
        ("meta", "<U50000000", (), "what it says of its clip cannot be read"),
        ("schema", "<i8", (60 * MIB,), "not recorded poses (no schema number)"),
    ],
)
def test_what_is_packed_to_a_thousandth_is_not_unpacked(tmp_path, name, descr, shape, says):
    path = bomb(tmp_path / "a.npz", name, descr, shape)
    tracemalloc.start()
    try:
        if says is None:
            assert len(load_poses(path)[0]) == 2, "an array of an unknown name is not read"
        else:
            assert refusal(path).startswith(says)
        assert tracemalloc.get_traced_memory()[1] < 20 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (5L,), }",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (5,), }",
        b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (5,), }",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-5,), }",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        b"{'descr': '<f7', 'fortran_order': False, 'shape': (5,), }",
        b"{'descr': '\\d', 'shape': (5,)}",
        b"__import__('os').getcwd()",
        b"\xff" * 40,
        b"",
    ],
)
def test_a_header_that_numpy_warns_of_or_does_not_write_is_a_damaged_file(saved, header):
    with zipfile.ZipFile(saved) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["time_s.npy"] = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n" + bytes(40)
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    assert refusal(saved).startswith("not recorded poses, or damaged.")


@pytest.mark.parametrize("more", [b"", b"x" * 9])
def test_an_array_with_fewer_or_more_bytes_than_it_says_is_a_damaged_file(saved, more):
    with zipfile.ZipFile(saved) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["score.npy"] = content["score.npy"][: None if more else -4] + more
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    assert refusal(saved).startswith("not recorded poses, or damaged.")


@pytest.mark.parametrize(("name", "value"), [("xy", np.inf), ("world", -3e38), ("back", 1e7), ("people", -1)])
def test_numbers_that_no_clip_has_are_found(name, value):
    poses = some_poses()
    assert beyond_belief(poses) is None
    array = getattr(poses, name).copy()
    array[1] = value
    assert beyond_belief(replace(poses, **{name: array})) == name
