"""Files for other programs, read back by readers written to those programs' formats."""

import csv
import io
import subprocess
import sys

import numpy as np
import pyarrow.parquet
import pytest
import synthetic
from scipy.io import netcdf_file

from hingecheck.errors import InputError
from hingecheck.show import export as exports
from hingecheck.show import report
from hingecheck.storage.tables import csv_text, need_parquet, write_parquet
from hingecheck.verdict import engine
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.skeleton import INDEX, LANDMARKS
from hingecheck.verdict.types import METRICS


@pytest.fixture(scope="module")
def seen():
    """Poses of a hinge with ten frames in which nobody is seen, and the verdict."""
    poses = synthetic.film(synthetic.stand(1.0) + synthetic.hinge())
    for column in (poses.xy, poses.score, poses.world, poses.back):
        column[20:30] = np.nan
    poses.people[20:30] = 0
    return poses, engine.analyse(poses, Profile.default())


def test_markers_stand_in_a_trc_file_in_metres_with_y_up(seen, tmp_path):
    poses, _ = seen
    exports.write_trc(tmp_path / "markers.trc", poses)
    lines = (tmp_path / "markers.trc").read_text(encoding="utf-8").splitlines()
    facts = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert (facts["NumFrames"], facts["NumMarkers"], facts["Units"], facts["DataRate"]) == (str(len(poses)), "35", "m", "25.0")
    names = lines[3].split("\t")[2::3]
    assert len(names) == 35
    assert [names[INDEX[name]] for name in ("left_hip", "right_foot_index", "mouth_left")] == ["LHip", "RBigToe", "LMouth"]
    assert names[-2:] == ["Hip", "Neck"]
    table = np.genfromtxt(tmp_path / "markers.trc", skip_header=5, delimiter="\t")
    assert table.shape == (len(poses), 2 + 3 * 35)
    np.testing.assert_allclose(table[:, 1], poses.time_s, atol=1e-6)
    xyz = table[:, 2:].reshape(len(poses), 35, 3)
    np.testing.assert_allclose(xyz[:, :33] * (1, -1, -1), poses.world, atol=1e-6)
    assert np.isnan(xyz[20:30]).all()
    assert (xyz[:10, -1, 1] > 0.3).all(), "shoulders are above the hips"


def test_angles_stand_in_a_mot_file_in_degrees(seen, tmp_path):
    _, result = seen
    exports.write_mot(tmp_path / "angles.mot", result)
    lines = (tmp_path / "angles.mot").read_text(encoding="utf-8").splitlines()
    end = lines.index("endheader")
    facts = dict(line.split("=") for line in lines[:end] if "=" in line)
    names = lines[end + 1].split("\t")
    assert facts == {"version": "1", "nRows": str(len(result)), "nColumns": str(len(names)), "inDegrees": "yes"}
    assert names == ["time", *(name for name in METRICS if name.endswith("_deg"))]
    table = np.array([[float(value) for value in line.split("\t")] for line in lines[end + 2 :]])
    np.testing.assert_allclose(table[:, 1], result.metrics.hip_flexion_deg, atol=1e-6)
    assert np.nanmax(table[:, 1]) > 60


def test_poses_stand_in_a_netcdf_file_as_movement_names_them(seen, tmp_path):
    poses, _ = seen
    exports.write_netcdf(tmp_path / "poses.nc", poses)
    with netcdf_file(tmp_path / "poses.nc", mmap=False) as file:
        assert {name: variable.dimensions for name, variable in file.variables.items() if name in ("position", "confidence", "time")} == {
            "position": ("time", "space", "keypoints", "individuals"),
            "confidence": ("time", "keypoints", "individuals"),
            "time": ("time",),
        }
        labels = [row.tobytes().rstrip(b"\0").decode("ascii") for row in file.variables["keypoints"][:]]
        assert labels == list(LANDMARKS)
        assert [row.tobytes() for row in file.variables["space"][:]] == [b"x", b"y"]
        assert (file.ds_type, file.time_unit, float(file.fps)) == (b"poses", b"seconds", 25.0)
        np.testing.assert_array_equal(file.variables["position"][:][:, 1, INDEX["left_hip"], 0], poses.xy[:, INDEX["left_hip"], 1])
        np.testing.assert_array_equal(file.variables["confidence"][:][..., 0], poses.score)
        np.testing.assert_array_equal(file.variables["time"][:], poses.time_s)


def test_without_scipy_all_but_netcdf_is_written_and_the_extra_is_named(seen, tmp_path, monkeypatch):
    poses, result = seen
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    exports.write_trc(tmp_path / "markers.trc", poses)
    exports.write_mot(tmp_path / "angles.mot", result)
    with pytest.raises(InputError, match=r"^--to nc: SciPy is not installed. Run: pip install 'hingecheck\[netcdf\]'$"):
        exports.need_netcdf("--to nc")
    with pytest.raises(InputError, match=r"poses\.nc: SciPy is not installed"):
        exports.write_netcdf(tmp_path / "poses.nc", poses)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["angles.mot", "markers.trc"]


def test_scipy_is_loaded_only_for_netcdf():
    subprocess.run([sys.executable, "-c", "import sys, hingecheck.show.export; assert 'scipy' not in sys.modules"], check=True)


def test_frames_as_parquet_are_frames_csv_with_types(seen, tmp_path):
    _, result = seen
    exports.write_frames(tmp_path / "frames.parquet", result)
    table = pyarrow.parquet.read_table(tmp_path / "frames.parquet")
    rows = list(csv.DictReader(io.StringIO("".join(report.frames_csv(result)))))
    assert tuple(table.column_names) == report.COLUMNS == tuple(rows[0])
    assert {str(table.schema.field(name).type) for name in METRICS} == {"double"}
    for name in ("phase", "cues"):
        assert [value or "" for value in table[name].to_pylist()] == [row[name] for row in rows]
    assert [str(value) for value in table["rep"].to_pylist()] == [row["rep"] for row in rows]
    for value, row in zip(table["hip_flexion_deg"].to_pylist(), rows, strict=True):
        assert ("" if value is None else f"{value:.2f}") == row["hip_flexion_deg"]


def test_nothing_seen_can_be_written_too(tmp_path):
    poses = synthetic.film(synthetic.stand(1.0))[:0]
    result = engine.analyse(poses, Profile.default())
    for name, write in exports.FORMATS.values():
        write(tmp_path / name, poses, result)
        assert (tmp_path / name).stat().st_size > 0


def test_parquet_keeps_types_where_all_is_missing_and_names_no_encoding_has(tmp_path):
    columns = {"path": str, "score": int, "value": float, "complete": bool}
    write_parquet(tmp_path / "t.parquet", columns, [{"path": "caf\udce9", "score": "", "complete": True}, {"path": "b"}])
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert [str(field.type) for field in table.schema] == ["string", "int64", "double", "bool"]
    assert table.to_pylist() == [
        {"path": "caf\\udce9", "score": None, "value": None, "complete": True},
        {"path": "b", "score": None, "value": None, "complete": None},
    ]
    write_parquet(tmp_path / "none.parquet", columns, [])
    assert pyarrow.parquet.read_table(tmp_path / "none.parquet").num_rows == 0


def test_without_pyarrow_it_is_told_before_the_work(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"--format parquet: pyarrow is not installed. Run: pip install 'hingecheck\[parquet\]'"):
        need_parquet("--format parquet")


def test_csv_leaves_what_is_missing_empty():
    assert csv_text(["a", "b"], [{"a": None, "b": 0}, {"b": "x,y"}]) == 'a,b\n,0\n,"x,y"\n'
