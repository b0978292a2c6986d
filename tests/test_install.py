"""That an installation leaves one working OpenCV, with windows, and carries everything hingecheck reads at run time."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distributions
from pathlib import Path

import pytest

from hingecheck import __version__

GOLDENS = Path(__file__).with_name("goldens")
LOOK_AT_CV2 = """
import cv2
from importlib.metadata import distributions
owners = {d.metadata["Name"] for d in distributions() if any(str(f) == "cv2/__init__.py" for f in d.files or ())}
assert owners == {"opencv-contrib-python"}, owners
assert int(cv2.__version__.split(".")[0]) == 5, cv2.__version__
assert callable(cv2.imshow) and callable(cv2.namedWindow)
assert [line.split()[1] for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("GUI:")] == ["QT5"]
"""
LOOK_AT_PACKAGE = """
import tomllib
from hashlib import sha256
from pathlib import Path
import hingecheck
from hingecheck.verdict.profiles import Profile, load
folder = Path(hingecheck.__file__).parent
assert "site-packages" in folder.parts
assert load(folder / "profiles_data/default.toml") == Profile.default()
sums = dict(reversed(line.split()) for line in (folder / "models/SHA256SUMS").read_text().splitlines())
for model in ("lite", "full"):
    file = folder / f"models/pose_landmarker_{model}.task"
    assert sha256(file.read_bytes()).hexdigest() == sums[file.name], file
assert list((folder / "show/templates").iterdir())
assert (folder / "py.typed").exists()
"""


def test_one_distribution_owns_cv2_here():
    owners = [found.metadata["Name"] for found in distributions() if any(str(file) == "cv2/__init__.py" for file in found.files or ())]
    assert owners == ["opencv-contrib-python"]


def test_the_installed_cv2_has_windows():
    import cv2

    assert callable(cv2.imshow)
    assert callable(cv2.namedWindow)
    assert re.search(r"GUI:\s+(QT|GTK|COCOA|WIN32UI)", cv2.getBuildInformation())


def test_one_opencv_is_declared_and_it_is_the_one_mediapipe_brings(root: Path):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    names = {re.split(r"[^\w-]", line)[0] for line in declared}
    assert {name for name in names if name.startswith("opencv")} == {"opencv-contrib-python"}
    (mediapipe,) = (found for found in distributions() if found.metadata["Name"] == "mediapipe")
    brought = {re.split(r"[^\w-]", line)[0] for line in mediapipe.requires or ()}
    assert {name for name in brought if name.startswith("opencv")} == {"opencv-contrib-python"}


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    shell([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(root)])
    (built,) = folder.glob("hingecheck-*.whl")
    return built


@pytest.mark.slow
@pytest.mark.parametrize("before", [[], ["opencv-contrib-python<5"]], ids=["fresh", "over an older OpenCV"])
def test_an_installed_wheel_leaves_one_working_cv2_and_so_does_an_upgrade(wheel, before, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = str(tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python")
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if before:
        shell([*pip, "install", *before])
    shell([*pip, "install", str(wheel)])
    shell([*pip, "check"])
    shell([python, "-c", LOOK_AT_CV2 + LOOK_AT_PACKAGE], tmp_path)
    shell([*pip, "install", "--upgrade", "--upgrade-strategy", "eager", str(wheel)])
    shell([*pip, "install", "--force-reinstall", "--no-deps", "opencv-contrib-python<5.1"])
    shell([*pip, "check"])
    shell([python, "-c", LOOK_AT_CV2], tmp_path)
    assert "analyze" in shell([str(Path(python).with_name("hingecheck")), "--help"], tmp_path)


# The installers that keep programs apart, each with the variables that send it into a folder of its own.
INSTALLERS = {
    "uv": (["uv", "tool", "install", "--python", sys.executable], {"UV_TOOL_DIR": "tools", "UV_TOOL_BIN_DIR": "bin"}),
    "pipx": (["pipx", "install", "--python", sys.executable], {"PIPX_HOME": "tools", "PIPX_BIN_DIR": "bin", "PIPX_MAN_DIR": "man"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_wheel_installs_as_a_program_of_its_own(installer, wheel, tmp_path):
    if shutil.which(installer) is None:
        pytest.skip(f"{installer} is not on this machine")
    command, folders = INSTALLERS[installer]
    shell([*command, str(wheel)], tmp_path, **{name: str(tmp_path / folder) for name, folder in folders.items()})
    program = str(tmp_path / "bin" / "hingecheck")
    assert shell([program, "--version"], tmp_path) == f"hingecheck {__version__}\n"
    assert "neutral_spine" in shell([program, "cues"], tmp_path)
    # Alone it has no SciPy, no server and no Parquet; what needs one of them says how to get it.
    recording = GOLDENS / "good.poses.npz"
    assert "hingecheck[netcdf]" in shell([program, "export", str(recording), "--out", str(tmp_path)], tmp_path)


@pytest.mark.slow
def test_the_documentation_builds_strictly_and_fetches_nothing(root, tmp_path):
    pytest.importorskip("mkdocs", reason="hingecheck[docs] is not installed")
    site = tmp_path / "site"
    shell([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)], root, NO_MKDOCS_2_WARNING="1")
    pages = {page.name: page.read_text(encoding="utf-8") for page in site.glob("*.html")}
    assert {page.stem for page in (root / "docs").glob("*.md")} <= {Path(name).stem for name in pages}
    for name, page in pages.items():
        assert not re.findall(r"<(?:script|link|img|iframe|source)[^>]+(?:src|href)=.?(?:https?:)?//", page), name
    for name in ("hingecheck.analyze", "hingecheck.judge", "hingecheck.verdict.engine.advance"):
        assert name in pages["reference.html"]


def test_the_citation_names_this_version(root):
    assert f"\nversion: {__version__}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")


def shell(command: list[str], folder: Path | None = None, **variables: str) -> str:
    """What a command prints, run without this process's own import path; a failure shows it."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")} | variables
    run = subprocess.run(command, cwd=folder, env=clean, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 0, f"{' '.join(command)}\n{run.stdout}"
    return run.stdout
