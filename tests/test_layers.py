"""The order of the folders, read off the source: which folder may import which, and which may touch the world."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from hingecheck.verdict import fitted, lens

PACKAGE = Path(__file__).parents[1] / "hingecheck"

# A folder imports from lines above its own, and from no neighbour on its line. `drive` and `doctor` are neighbours, `media` and `show` too.
# `hingecheck/__init__.py` stands outside: it shows names of any folder, and imports nothing but `_lazy` until they are used.
ORDER = (
    {"_lazy", "errors", "kernel", "opencv"},
    {"verdict"},
    {"storage"},
    {"media", "show"},
    {"vision"},
    {"drive", "doctor"},
    {"web", "library"},
    {"cli"},
    {"__main__"},
)
# The other packages that a folder may import, None: any.
FOREIGN: dict[str, set[str] | None] = {
    "_lazy": set(),
    "errors": set(),
    "kernel": set(),
    "opencv": {"cv2"},
    "verdict": {"numpy", "pydantic"},
    "storage": {"numpy", "pyarrow"},
    "media": {"numpy", "av", "cv2"},
    "show": {"numpy", "cv2", "jinja2", "markupsafe", "scipy"},
    "vision": {"numpy", "cv2", "mediapipe"},
    "drive": {"numpy", "cv2"},
    "doctor": {"av", "cv2"},
    "web": None,
    "library": set(),
    "cli": None,
    "__main__": set(),
}
OUTSIDE_WORLD = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap", "importlib"),
    *("socket", "ssl", "http", "urllib", "subprocess", "multiprocessing", "threading", "asyncio", "concurrent"),
    *("time", "datetime", "random", "secrets", "logging", "sqlite3", "pickle"),
}
# The doors from the verdict to the disk: `profiles.load` reads the file it is given, `fitted.load` and `lens.weights` the numbers that the
# package carries.
MAY_READ = {
    "profiles": ({"pathlib"}, {"open"}),
    "fitted": ({"importlib"}, {"read_text"}),
    "lens": ({"importlib"}, {"open", "np.load"}),
}
DOORS = {"cli", "web", "__main__"}
# These show names of their modules, and load them only when they are used.
SHOWING = ("verdict", "storage", "media", "show", "vision", "drive")
ROW = {folder: row for row, folders in enumerate(ORDER) for folder in folders}

SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def folder_of(path: Path) -> str:
    """``verdict`` for hingecheck/verdict/cues.py, ``errors`` for hingecheck/errors.py."""
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
    forbidden = {"open", "read_text", "read_bytes", "input", "exec", "eval", "__import__"}
    forbidden |= {"np.load", "np.save", "np.savez", "np.fromfile", "np.loadtxt", "np.random.default_rng"}
    assert called(path) & forbidden <= calls


@pytest.mark.parametrize(("module", "verb", "file"), [(fitted, "read_text", "calibration.json"), (lens, "open", "lens.npz")])
def test_the_only_files_the_verdict_opens_by_itself_are_its_own_calibration_and_lens(module, verb, file):
    (read,) = (node for node in ast.walk(tree(Path(module.__file__))) if getattr(node, "attr", None) == verb)
    assert ast.unparse(read) == f"resources.files(__package__).joinpath(FILE).{verb}"
    assert file == module.FILE
    assert (PACKAGE / "verdict" / file).is_file()


def test_the_lens_loads_nothing_but_the_file_it_opened():
    text = ast.unparse(tree(PACKAGE / "verdict" / "lens.py"))
    assert text.count("np.load(") == 1
    assert "with resources.files(__package__).joinpath(FILE).open('rb') as file, np.load(file) as" in text


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


HEAVY = {"mediapipe", "cv2", "scipy", "av", "plotly", "matplotlib"}
NAMING = {"hingecheck": HEAVY | {"numpy", "pydantic"}} | {f"hingecheck.{folder}": HEAVY | {"numpy", "pydantic"} for folder in SHOWING}
NAMING["hingecheck.media"] -= {"cv2", "numpy"}  # OpenCV has to be loaded before PyAV: see its `__init__`


@pytest.mark.parametrize(("module", "waits"), [*NAMING.items(), ("hingecheck.cli", HEAVY | {"numpy"}), ("hingecheck.doctor", HEAVY)])
def test_an_import_loads_nothing_heavy(module, waits):
    script = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert waits & set(run.stdout.split()) == set()


@pytest.mark.parametrize("package", NAMING)
def test_a_package_shows_the_very_objects_of_its_modules(package):
    shown = importlib.import_module(package)
    inside = {module.name for module in pkgutil.iter_modules(shown.__path__)}
    typed = {alias.name: node.module for node in for_type_checkers(Path(shown.__file__)) for alias in node.names}
    assert sorted(shown.__all__) == sorted(typed), "names in __all__ and under TYPE_CHECKING differ"
    for name in shown.__all__:
        assert name not in inside, f"{package}.{name} would be a module once that is imported"
        assert name in dir(shown)
        assert getattr(shown, name) is getattr(importlib.import_module(f"{package}.{typed[name]}"), name)


@pytest.mark.parametrize("package", NAMING)
def test_a_name_that_a_package_does_not_show_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        importlib.import_module(package).nothing  # noqa: B018


def for_type_checkers(path: Path) -> list[ast.ImportFrom]:
    """The imports of a file that stand under ``if TYPE_CHECKING``."""
    (block,) = (node for node in tree(path).body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    return [node for node in block.body if isinstance(node, ast.ImportFrom)]
