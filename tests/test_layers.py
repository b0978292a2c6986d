"""The order of the folders, read off the source: who may import whom, and who may touch the world."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hingecheck"

# A folder imports from lines above its own, and from no neighbour on its line. `drive` and `doctor` are neighbours, `media` and `show` too.
ORDER = (
    {"errors", "opencv"},
    {"verdict"},
    {"storage"},
    {"media", "show"},
    {"vision"},
    {"drive", "doctor"},
    {"web"},
    {"cli"},
    {"__main__"},
)
# The other packages that a folder may import, None: any.
FOREIGN: dict[str, set[str] | None] = {
    "errors": set(),
    "opencv": {"cv2"},
    "verdict": {"numpy", "pydantic"},
    "storage": {"numpy", "pyarrow"},
    "media": {"numpy", "av", "cv2"},
    "show": {"numpy", "cv2", "jinja2", "markupsafe", "plotly", "scipy"},
    "vision": {"numpy", "cv2", "mediapipe"},
    "drive": {"numpy", "cv2"},
    "doctor": {"av", "cv2"},
    "web": None,
    "cli": None,
    "__main__": set(),
}
OUTSIDE_WORLD = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap"),
    *("socket", "ssl", "http", "urllib", "subprocess", "multiprocessing", "threading", "asyncio", "concurrent"),
    *("time", "datetime", "random", "secrets", "logging", "sqlite3", "pickle"),
}
# `profiles.load` reads the file it is given: the one door from the verdict to the disk.
MAY_READ = {"profiles": ({"pathlib"}, {"open"})}
DOORS = {"cli", "web", "__main__"}
ROW = {folder: row for row, folders in enumerate(ORDER) for folder in folders}

SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def folder_of(path: Path) -> str:
    """``verdict`` for hingecheck/verdict/cues.py, ``cli`` for hingecheck/cli.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


VERDICT = [path for path in SOURCES if folder_of(path) == "verdict"]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> tuple[set[str], set[str]]:
    """The folders of hingecheck and the other top-level packages that a file imports, inside functions too."""
    own, foreign = set(), set()
    depth = len(path.relative_to(PACKAGE).parts)  # dots that lead back to the package
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                own.add(rest.partition(".")[0]) if top == "hingecheck" else foreign.add(top)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level == 0 and module.partition(".")[0] != "hingecheck":
                foreign.add(module.partition(".")[0])
                continue
            if 0 < node.level < depth:
                continue  # within a folder
            inside = module if node.level else module.partition(".")[2]
            own |= {inside.partition(".")[0]} if inside else {alias.name for alias in node.names}
    return own - {"__version__"}, foreign - set(sys.stdlib_module_names) - {"__future__"}


def called(path: Path) -> set[str]:
    """Names that a file calls: ``print``, ``sys.exit``, and ``open`` for any ``.open()``."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            names.add(ast.unparse(node.func))
            if isinstance(node.func, ast.Attribute):
                names.add(node.func.attr)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_folder_imports_only_from_those_before_it(path):
    folder = folder_of(path)
    assert folder in ROW, f"{folder} has no place in the order"
    own, foreign = imported(path)
    for other in own - {folder}:
        assert ROW[other] < ROW[folder], f"{folder} imports {other}"
    allowed = FOREIGN[folder]
    assert allowed is None or foreign <= allowed


@pytest.mark.parametrize("path", VERDICT, ids=name_of)
def test_the_verdict_touches_no_file_camera_window_socket_or_clock(path):
    foreign = {
        (node.module or "").partition(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
        for alias in node.names
    }
    modules, calls = MAY_READ.get(path.stem, (set(), set()))
    assert foreign & OUTSIDE_WORLD <= modules
    forbidden = {"open", "input", "exec", "eval", "np.load", "np.save", "np.savez", "np.fromfile", "np.loadtxt", "np.random.default_rng"}
    assert called(path) & forbidden <= calls


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_doors_print_and_exit(path):
    if folder_of(path) in DOORS:
        return
    assert not called(path) & {"print", "sys.exit", "exit", "quit", "os._exit", "os.abort"}
    assert not any(isinstance(node, ast.Name) and node.id == "SystemExit" for node in ast.walk(tree(path)))


def test_only_mediapipe_pose_knows_mediapipe():
    assert {name_of(path) for path in SOURCES if "mediapipe" in imported(path)[1]} <= {"vision/mediapipe_pose.py"}


@pytest.mark.parametrize("folder", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()))
def test_every_folder_says_its_job(folder):
    said = ast.get_docstring(tree(PACKAGE / folder / "__init__.py"))
    assert said, f"{folder}/__init__.py: no docstring"
    assert "Imports from" in said


@pytest.mark.parametrize("module", ["hingecheck", "hingecheck.cli", "hingecheck.doctor"])
def test_an_import_loads_nothing_heavy(module):
    script = f"import sys, {module}; print(*sorted({{'mediapipe', 'cv2', 'scipy', 'av', 'plotly', 'matplotlib'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert run.stdout.split() == []
