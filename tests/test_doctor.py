"""doctor: what is missing is named, with what to install; nothing that is broken stops the other checks."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from hingecheck import doctor
from hingecheck.doctor import Check, Verdict
from hingecheck.errors import ModelError

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the wheels bring their libraries")


def without(*missing: str):
    """A loader of shared libraries that does not find these."""

    def load(library: str) -> object:
        if library in missing:
            raise OSError(f"{library}: cannot open shared object file")
        return object()

    return load


@linux_only
def test_all_libraries_there_is_two_passes():
    assert [check.verdict for check in doctor.libraries(without())] == [Verdict.OK, Verdict.OK]


@linux_only
def test_a_missing_library_is_named_with_the_package_that_has_it():
    needed, window = doctor.libraries(without("libEGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0"))
    assert needed.verdict is Verdict.FAIL
    assert needed.detail == "missing: libEGL.so.1, libglib-2.0.so.0, libgthread-2.0.so.0"
    assert needed.remedy == "Debian, Ubuntu: apt-get install libegl1 libglib2.0-0"
    assert window.verdict is Verdict.OK


@linux_only
def test_a_library_that_only_windows_need_is_a_warning():
    needed, window = doctor.libraries(without("libSM.so.6"))
    assert needed.verdict is Verdict.OK
    assert (window.verdict, window.remedy) == (Verdict.WARN, "Debian, Ubuntu: apt-get install libsm6")


def test_a_package_that_lacks_a_library_is_not_to_be_reinstalled(monkeypatch):
    def no_import(name: str) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory\nmore")

    monkeypatch.setattr(doctor.importlib, "import_module", no_import)
    (check,) = doctor.mediapipe()
    assert check.verdict is Verdict.FAIL
    assert check.detail == "libGL.so.1: cannot open shared object file: No such file or directory"
    assert check.remedy == "Install the system libraries first"


def test_mediapipe_is_imported_and_its_version_told():
    (check,) = doctor.mediapipe()
    assert check.verdict is Verdict.OK
    assert check.detail.startswith("1.")


def test_shipped_models_pass_and_the_one_built_on_demand_only_warns(monkeypatch):
    files = import_module("hingecheck.vision.models")

    def verify(model: str) -> None:
        if model == "heavy":
            raise ModelError("heavy: not there. Build it with models/build.py.")

    monkeypatch.setattr(files, "verify", verify)
    checks = {check.name: check for check in doctor.models()}
    assert checks["model lite"].verdict is checks["model full"].verdict is Verdict.OK
    assert checks["model heavy"] == Check("model heavy", Verdict.WARN, "heavy: not there", "Build it with models/build.py")


def test_a_damaged_model_fails_with_what_to_do(monkeypatch):
    files = import_module("hingecheck.vision.models")

    def verify(model: str) -> None:
        raise ModelError(f"{model}: SHA-256 differs. Install it again.")

    monkeypatch.setattr(files, "verify", verify)
    checks = {check.name: check for check in doctor.models()}
    assert checks["model full"] == Check("model full", Verdict.FAIL, "full: SHA-256 differs", "Install it again")


def test_the_models_here_are_the_measured_ones():
    assert {check.name: check.verdict for check in doctor.models() if check.name != "model heavy"} == {
        "model lite": Verdict.OK,
        "model full": Verdict.OK,
    }


def test_this_opencv_has_one_owner_and_windows():
    (check,) = doctor.opencv()
    assert check.verdict is Verdict.OK
    assert "windows by" in check.detail


def test_two_owners_of_cv2_fail_and_the_remedy_keeps_the_right_one():
    (check,) = doctor.opencv(["opencv-contrib-python", "opencv-python"])
    assert check.verdict is Verdict.FAIL
    assert check.detail == "2 packages share the folder cv2: opencv-contrib-python, opencv-python"
    assert check.remedy == (
        "python -m pip uninstall -y opencv-python, then python -m pip install --force-reinstall --no-deps 'opencv-contrib-python<5.1'"
    )


def test_an_emptied_cv2_folder_fails(monkeypatch):
    """What is left after pip removed a second owner: it imports, and has nothing in it."""
    monkeypatch.setitem(sys.modules, "cv2", type(sys)("cv2"))
    (check,) = doctor.opencv(["opencv-contrib-python"])
    assert check.verdict is Verdict.FAIL
    assert check.remedy.endswith("'opencv-contrib-python<5.1'")


def test_an_opencv_without_windows_is_a_warning(monkeypatch):
    headless = type(sys)("cv2")
    headless.__version__ = "5.0.0"
    headless.getBuildInformation = lambda: "General configuration\n  GUI:                           NONE\n"
    monkeypatch.setitem(sys.modules, "cv2", headless)
    (check,) = doctor.opencv(["opencv-python-headless"])
    assert (check.verdict, check.detail) == (Verdict.WARN, "5.0.0 cannot open windows")


def test_the_codecs_hingecheck_needs_are_here():
    checks = list(doctor.codecs())
    assert [check.name for check in checks] == ["read h264", "read hevc", "write h264"]
    assert all(check.verdict is Verdict.OK for check in checks)


def test_a_missing_codec_says_what_is_lost(monkeypatch):
    monkeypatch.setattr(doctor, "CODECS", {"read cinepak": ("no_such_codec", "r", "old clips cannot be read")})
    (check,) = doctor.codecs()
    assert (check.name, check.verdict, check.detail) == ("read cinepak", Verdict.WARN, "old clips cannot be read")


def test_a_camera_that_gives_a_picture_is_told_with_its_size(tmp_path):
    devices = [tmp_path / "video0", tmp_path / "video1"]
    for device in devices:
        device.touch()
    checks = list(doctor.cameras(devices, {0: (640, 480), 1: None}.get))
    assert checks == [Check("camera 0", Verdict.OK, "640 x 480 px")]


def test_no_camera_is_a_warning_for_clips_work_without(tmp_path):
    (none,) = doctor.cameras([])
    assert (none.verdict, none.detail) == (Verdict.WARN, "none found")
    device = tmp_path / "video0"
    device.touch()
    (silent,) = doctor.cameras([device], {0: None}.get)
    assert (silent.verdict, silent.detail) == (Verdict.WARN, "no picture from any of 1")


@linux_only
def test_a_camera_one_may_not_open_is_told_as_that(monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    check, _ = doctor.cameras([Path("/dev/video0")], {}.get)
    assert check.name == "camera 0"
    assert "usermod -aG video" in check.remedy


@linux_only
@pytest.mark.parametrize(("screen", "verdict"), [(":0", Verdict.OK), ("", Verdict.WARN)])
def test_a_window_needs_a_screen(monkeypatch, screen, verdict):
    monkeypatch.setenv("DISPLAY", screen)
    (check,) = doctor.display()
    assert check.verdict is verdict
    assert ("needs a desktop" in check.remedy) == (verdict is Verdict.WARN)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch):
    def broken():
        raise RuntimeError("out of order\nwith more lines")
        yield

    monkeypatch.setattr(doctor, "CHECKS", {"broken": broken, "python": doctor.python})
    first, second = doctor.examine()
    assert (first.name, first.verdict, first.detail) == ("broken", Verdict.FAIL, "RuntimeError: out of order")
    assert second.verdict is Verdict.OK


def test_whatever_is_wrong_comes_with_what_to_do():
    checks = list(doctor.examine())
    assert {"python", "mediapipe", "opencv", "read h264", "display"} <= {check.name for check in checks}
    for check in checks:
        assert "\n" not in check.detail + check.remedy
        assert bool(check.remedy) == (check.verdict is not Verdict.OK)


def test_a_camera_that_is_not_there_has_no_picture_and_breaks_nothing():
    assert doctor._picture_size(77) is None
