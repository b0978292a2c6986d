"""The model files in models/: whole, found, and refused when they are not what they should be."""

import hashlib
import importlib.util
import shutil
import zipfile
from pathlib import Path

import pytest

from hingecheck.errors import ModelError
from hingecheck.vision import models
from hingecheck.vision.mediapipe_pose import MediaPipePose

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package's folder, with copies of the lite model and the checksums in it."""
    folder = tmp_path / "hingecheck" / "models"
    folder.mkdir(parents=True)
    for name in ("SHA256SUMS", "pose_landmarker_lite.task"):
        shutil.copy(MODELS / name, folder)
    monkeypatch.setattr(models, "__file__", str(folder.parent / "vision" / "models.py"))
    return folder


@pytest.mark.parametrize("name", ["lite", "full"])
def test_the_models_in_the_repository_are_the_ones_in_the_list(name):
    listed = {file: digest for digest, file in map(str.split, (MODELS / "SHA256SUMS").read_text().splitlines())}
    assert hashlib.sha256(models.verify(name)).hexdigest() == listed[f"pose_landmarker_{name}.task"]


@pytest.mark.parametrize("name", ["lite", "full"])
def test_a_bundle_can_be_mapped_into_memory(name):
    with zipfile.ZipFile(MODELS / f"pose_landmarker_{name}.task") as bundle:
        entries = bundle.infolist()
    assert [entry.filename for entry in entries] == ["pose_detector.tflite", "pose_landmarks_detector.tflite"]
    assert all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    assert all((entry.header_offset + 30 + len(entry.filename)) % 4 == 0 for entry in entries)


def test_the_model_in_an_installed_package_comes_before_the_one_beside_it(package):
    shutil.copytree(package, package.parent.parent / "models")
    assert models.model_path("lite") == package / "pose_landmarker_lite.task"


def test_a_source_checkout_keeps_its_models_beside_the_package():
    assert models.model_path("full") == MODELS / "pose_landmarker_full.task"


def test_a_model_that_is_not_there_belongs_beside_the_checksums():
    assert models.model_path("huge") == MODELS / "pose_landmarker_huge.task"


def test_a_missing_model_is_named_with_the_command_that_makes_it(package):
    with pytest.raises(ModelError, match=r"pose_landmarker_heavy\.task: not there.*python .*build\.py heavy$"):
        models.verify("heavy")


def test_a_damaged_model_is_named_and_not_loaded(package):
    model = package / "pose_landmarker_lite.task"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    with pytest.raises(ModelError, match=r"pose_landmarker_lite\.task: damaged.*build\.py lite$"):
        MediaPipePose("lite")


def test_a_truncated_model_is_named_and_not_loaded(package):
    (package / "pose_landmarker_lite.task").write_bytes(b"")
    with pytest.raises(ModelError, match=r"pose_landmarker_lite\.task: damaged"):
        MediaPipePose("lite")


def test_a_model_nobody_listed_is_refused(package):
    (package / "pose_landmarker_mine.task").write_bytes(b"anything")
    with pytest.raises(ModelError, match=r"pose_landmarker_mine\.task: no such model in SHA256SUMS"):
        models.verify("mine")


def test_missing_checksums_are_named(package):
    (package / "SHA256SUMS").unlink()
    with pytest.raises(ModelError, match=r"SHA256SUMS: not there"):
        models.verify("lite")


def test_the_readme_states_every_checksum_that_the_script_and_the_list_do():
    readme = (MODELS / "README.md").read_text()
    stated = [*build().INPUTS.values(), *(line.split()[0] for line in (MODELS / "SHA256SUMS").read_text().splitlines())]
    assert len(stated) == 7
    assert [digest for digest in stated if digest not in readme] == []


def test_the_metadata_the_script_writes_is_that_of_the_committed_models():
    """Takes the networks out of the bundle, packs them again: all but the parts that npm would have to bring."""
    script = build()
    bundle = MODELS / "pose_landmarker_lite.task"
    with zipfile.ZipFile(bundle) as archive:
        detector, landmarks = (archive.read(entry) for entry in archive.infolist())
    bare = [without_metadata(script, network) for network in (detector, landmarks)]
    assert script.bundle(*bare) == bundle.read_bytes()


def build():
    spec = importlib.util.spec_from_file_location("models_build", MODELS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_metadata(script, network):
    model = script.tflite.ModelT.InitFromObj(script.tflite.Model.GetRootAsModel(network, 0))
    entry = model.metadata.pop()
    assert entry.name == b"TFLITE_METADATA"
    model.buffers.pop()
    return bytes(script.packed(model, b"TFL3"))
