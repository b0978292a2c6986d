"""OpenCV is loaded in one place, with settings that its library reads when it is loaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hingecheck

PACKAGE = Path(hingecheck.__file__).parent
MAY_LOAD_IT = {"opencv.py", "doctor.py"}  # doctor finds out whether it can be loaded


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_hingecheck_changes_nothing_in_the_program_that_imports_it():
    run("import os, sys; before = dict(os.environ); import hingecheck; assert dict(os.environ) == before and 'cv2' not in sys.modules")


def test_only_one_module_loads_opencv():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == "cv2" for alias in node.names):
                found.add(path.relative_to(PACKAGE).as_posix())
    assert found == MAY_LOAD_IT


@pytest.mark.parametrize(
    "module", ["media.frames", "media.camera", "media.encoding", "vision.mediapipe_pose", "show.drawing", "drive.mirror"]
)
def test_its_threads_rest_while_they_wait_whatever_is_imported_first(module):
    """The settings are there when cv2 is found, which is before it is loaded."""
    run(f"""
import os, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "cv2":
            seen.append([os.environ.get(f"OPENCV_THREAD_POOL_ACTIVE_WAIT_{{who}}") for who in ("WORKER", "MAIN")])
seen = []
sys.meta_path.insert(0, Finder())
import hingecheck.{module}
assert seen and all(settings == ["0", "0"] for settings in seen), seen
""")


def test_what_the_program_has_set_itself_stays():
    run("import os; os.environ['OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN'] = '7'; import hingecheck.opencv\n"
        "assert os.environ['OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN'] == '7'")  # fmt: skip


@pytest.mark.parametrize("module", ["frames", "camera", "encoding", "sources", "pictures"])
def test_opencv_is_loaded_before_av_or_its_windows_would_wait_for_ever(module):
    run(f"import sys, hingecheck.media.{module}; names = list(sys.modules); assert names.index('cv2') < names.index('av')")
