"""The house rules of ARCHITECTURE.md, read off the source: who may import whom, and who may touch the world."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hingecheck"

# A module imports only from rows above its own. The other packages it may import stand beside it; None: no rule (the edges).
ROWS: dict[str, tuple[int, set[str] | None]] = {
    "errors": (1, set()),
    "skeleton": (1, set()),
    "data": (2, {"numpy"}),
    "calibration": (3, {"numpy"}),
    "geometry": (3, {"numpy"}),
    "smoothing": (3, {"numpy"}),
    "silhouette": (3, {"numpy"}),
    "views": (4, {"numpy"}),
    "series": (4, {"numpy"}),
    "phases": (4, {"numpy"}),
    "cues": (4, {"numpy"}),
    "drift": (4, {"numpy"}),
    "rising": (4, {"numpy"}),
    "confidence": (4, {"numpy"}),
    "baseline": (5, {"numpy"}),
    "profiles": (5, {"pydantic"}),
    "judging": (5, {"numpy"}),
    "coaching": (5, set()),
    "scoring": (5, {"numpy"}),
    "metrics": (6, {"numpy"}),
    "readiness": (6, {"numpy"}),
    "engine": (7, {"numpy"}),
    "clock": (8, set()),
    "groups": (8, set()),
    "files": (8, set()),
    "overlap": (8, set()),
    "encoding": (9, {"numpy", "av", "cv2"}),
    "sources": (9, {"numpy", "av", "cv2"}),
    "estimators": (9, {"numpy"}),
    "recording": (9, {"numpy"}),
    "drawing": (8, {"numpy", "cv2"}),
    "voice": (8, set()),
    "window": (8, {"numpy", "cv2"}),
    "journal": (10, {"numpy"}),
    "plates": (9, {"numpy", "cv2"}),
    "camera": (10, {"numpy", "av", "cv2"}),
    "overlay": (9, {"numpy", "cv2"}),
    "report": (9, {"numpy", "jinja2", "markupsafe", "plotly"}),
    "album": (10, set()),
    "prompts": (10, {"numpy", "cv2"}),
    "interchange": (10, {"numpy", "scipy"}),
    "mediapipe_pose": (10, {"numpy", "mediapipe"}),
    "run": (11, {"numpy"}),
    "crew": (8, set()),
    "tables": (9, {"pyarrow"}),
    "segments": (12, {"numpy"}),
    "batching": (12, set()),
    "session": (12, {"numpy"}),
    "live": (13, {"numpy", "cv2"}),
    "preloaded": (13, set()),
    "doctor": (11, {"av", "cv2"}),
    "web": (14, None),
    "cli": (15, None),
    "__main__": (16, set()),
}
CORE = 7  # the last row that is pure: arrays in, arrays out
OUTSIDE_WORLD = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap"),
    *("socket", "ssl", "http", "urllib", "subprocess", "multiprocessing", "threading", "asyncio", "concurrent"),
    *("time", "datetime", "random", "secrets", "logging", "sqlite3", "pickle"),
}
# The one door from the core to the disk: profiles.load reads the file it is given.
MAY_READ = {"profiles": ({"pathlib"}, {"open"})}
DOORS = {"cli", "web"}


def module_of(path: Path) -> str:
    """``cues`` for hingecheck/cues.py, ``web`` for all of hingecheck/web/."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
CORE_SOURCES = [path for path in SOURCES if ROWS.get(module_of(path), (99, None))[0] <= CORE]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> tuple[set[str], set[str]]:
    """The modules of hingecheck and the other top-level packages that a file imports, inside functions too."""
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
                continue  # within a sub-package
            inside = module if node.level else module.partition(".")[2]
            own |= {inside.partition(".")[0]} if inside else {alias.name for alias in node.names}
    return own, foreign


def called(path: Path) -> set[str]:
    """Names that a file calls: ``print``, ``sys.exit``, and ``open`` for any ``.open()``."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            names.add(ast.unparse(node.func))
            if isinstance(node.func, ast.Attribute):
                names.add(node.func.attr)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_rows_above_its_own(path):
    name = module_of(path)
    assert name in ROWS, f"{name} has no row: give it one here and in ARCHITECTURE.md"
    row, allowed = ROWS[name]
    own, foreign = imported(path)
    constants = {"__version__", "__all__"} & own  # from . import __version__
    for other in own - constants - ({name} if path.parent != PACKAGE else set()):
        assert other in ROWS, f"{name} imports {other}, which has no row"
        assert ROWS[other][0] < row, f"{name} (row {row}) imports {other} (row {ROWS[other][0]})"
    if allowed is not None:
        assert foreign - set(sys.stdlib_module_names) <= allowed


@pytest.mark.parametrize("path", CORE_SOURCES, ids=lambda path: path.stem)
def test_the_core_touches_no_file_camera_window_socket_or_clock(path):
    modules, calls = MAY_READ.get(path.stem, (set(), set()))
    assert imported(path)[1] & OUTSIDE_WORLD <= modules
    forbidden = {"open", "input", "exec", "eval", "np.load", "np.save", "np.savez", "np.fromfile", "np.loadtxt", "np.random.default_rng"}
    assert called(path) & forbidden <= calls


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_doors_print_and_exit(path):
    if module_of(path) in DOORS | {"__main__"}:
        return
    assert not called(path) & {"print", "sys.exit", "exit", "quit", "os._exit", "os.abort"}
    assert not any(isinstance(node, ast.Name) and node.id == "SystemExit" for node in ast.walk(tree(path)))


def test_only_mediapipe_pose_knows_mediapipe():
    assert {module_of(path) for path in SOURCES if "mediapipe" in imported(path)[1]} <= {"mediapipe_pose"}


@pytest.mark.parametrize(
    "module", ["hingecheck", *(name for name in ("hingecheck.cli", "hingecheck.doctor") if (PACKAGE / f"{name[11:]}.py").exists())]
)
def test_an_import_loads_nothing_heavy(module):
    script = f"import sys, {module}; print(*sorted({{'mediapipe', 'cv2', 'scipy', 'av', 'plotly', 'matplotlib'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert run.stdout.split() == []
