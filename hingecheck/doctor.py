"""Checks what works on this computer, what does not, and what to install. Yields data; ``cli`` prints it."""

import ctypes
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Final, Literal

from .errors import HingecheckError

# Shared libraries that the wheels link to but do not contain -> Debian package. Found with `readelf -d` on every .so of the wheels.
NEEDED_LIBRARIES: Final = {
    "libEGL.so.1": "libegl1",  # needed to run mediapipe
    "libGLESv2.so.2": "libgles2",
    "libGL.so.1": "libgl1",  # needed to import OpenCV, by its Qt
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
WINDOW_LIBRARIES: Final = {
    "libX11.so.6": "libx11-6",  # needed to open a window, by Qt's xcb plugin
    "libXext.so.6": "libxext6",
    "libxcb.so.1": "libxcb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
}
# Name of a check -> codec, PyAV's mode ("r" or "w"), and what does not work without it.
CODECS: Final[dict[str, tuple[str, Literal["r", "w"], str]]] = {
    "read h264": ("h264", "r", "clips of most phones and cameras cannot be read"),
    "read hevc": ("hevc", "r", "clips of recent iPhones cannot be read"),
    "write h264": ("libx264", "w", "annotated videos cannot be written"),
}
REINSTALL: Final = "python -m pip install --force-reinstall --no-deps {}"
OPENCV: Final = "'opencv-contrib-python<5.1'"  # same bound as in pyproject.toml


class Verdict(StrEnum):
    """How a check ended. ``WARN``: something that not every command needs is missing."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


# Pose model -> verdict if it is missing. heavy is too large to ship; users who want it build it.
MODELS: Final = {"lite": Verdict.FAIL, "full": Verdict.FAIL, "heavy": Verdict.WARN}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was checked, the verdict, the detail, and the remedy (empty if all is well)."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def examine() -> Iterator[Check]:
    """Yield each finding as soon as it is known (a camera takes a second). Never raises."""
    for name, check in CHECKS.items():
        try:
            yield from check()
        except Exception as error:  # a broken library may raise anything; the other checks are still useful
            detail = f"{type(error).__name__}: {error}".partition("\n")[0]
            yield Check(name, Verdict.FAIL, detail, "Reinstall hingecheck in a fresh environment: python -m venv")


def python() -> Iterator[Check]:
    """The Python interpreter. Versions before 3.11 fail before this check runs."""
    yield Check("python", Verdict.OK, f"{sys.version.split()[0]}, {sys.executable}")


def libraries(load: Callable[[str], object] = ctypes.CDLL) -> Iterator[Check]:
    """The system's shared libraries. Linux only: on other systems the wheels contain them."""
    if not sys.platform.startswith("linux"):
        return
    for name, wanted, verdict in (
        ("system libraries", NEEDED_LIBRARIES, Verdict.FAIL),
        ("window libraries", WINDOW_LIBRARIES, Verdict.WARN),
    ):
        missing = [library for library in wanted if not _loads(library, load)]
        if missing:
            packages = sorted({wanted[library] for library in missing})
            yield Check(name, verdict, f"missing: {', '.join(missing)}", f"Debian, Ubuntu: apt-get install {' '.join(packages)}")
        else:
            yield Check(name, Verdict.OK, f"all {len(wanted)} found")


def _loads(library: str, load: Callable[[str], object]) -> bool:
    try:
        load(library)
    except OSError:
        return False
    return True


def mediapipe() -> Iterator[Check]:
    """Whether MediaPipe can be imported."""
    try:
        importlib.import_module("mediapipe")
    except (ImportError, OSError) as error:
        yield _not_imported("mediapipe", "mediapipe", error)
    else:
        yield Check("mediapipe", Verdict.OK, version("mediapipe"))


def _not_imported(name: str, distribution: str, error: Exception) -> Check:
    """A package that does not import: a system library is missing (another check names it), or the package is broken."""
    reason = str(error).partition("\n")[0]
    remedy = "Install the system libraries first" if ".so" in reason else REINSTALL.format(distribution)
    return Check(name, Verdict.FAIL, reason, remedy)


def models() -> Iterator[Check]:
    """Whether each pose model is present and, by its SHA-256, identical to the one that was measured."""
    from .vision.models import verify

    for model, loss in MODELS.items():
        try:
            verify(model)
        except HingecheckError as error:
            yield Check(f"model {model}", loss, *_halves(error))
        else:
            yield Check(f"model {model}", Verdict.OK, "present, SHA-256 as expected")


def _halves(error: HingecheckError) -> tuple[str, str]:
    """Split an error message into what is wrong and what to do."""
    wrong, _, remedy = str(error).partition(". ")
    return wrong, remedy.removesuffix(".")


def opencv(owners: Sequence[str] | None = None) -> Iterator[Check]:
    """Whether exactly one distribution owns the folder ``cv2``, and whether it can open windows."""
    owners = cv2_owners() if owners is None else owners
    if len(owners) > 1:
        remove = " ".join(name for name in owners if name != "opencv-contrib-python")
        remedy = f"python -m pip uninstall -y {remove}, then {REINSTALL.format(OPENCV)}"
        yield Check("opencv", Verdict.FAIL, f"{len(owners)} packages share the folder cv2: {', '.join(owners)}", remedy)
        return
    try:
        import cv2

        build = cv2.getBuildInformation()
    except (ImportError, AttributeError) as error:  # the folder without its binary still imports, as an empty package
        yield _not_imported("opencv", OPENCV, error)
        return
    gui = next((line.split()[1] for line in build.splitlines() if line.strip().startswith("GUI:")), "NONE")
    if gui == "NONE":
        yield Check("opencv", Verdict.WARN, f"{cv2.__version__} cannot open windows", REINSTALL.format(OPENCV))
    else:
        yield Check("opencv", Verdict.OK, f"{cv2.__version__}, windows by {gui}")


def cv2_owners() -> list[str]:
    """Names of the installed distributions that list ``cv2/__init__.py`` among their files; there should be one."""
    return sorted(
        {found.metadata["Name"] for found in distributions() if any(str(file) == "cv2/__init__.py" for file in found.files or ())}
    )


def codecs() -> Iterator[Check]:
    """Which codecs PyAV can read and write."""
    import av
    from av.codec import Codec

    for name, (codec, mode, loss) in CODECS.items():
        try:
            Codec(codec, mode)
        except ValueError:  # av.codec.codec.UnknownCodecError
            yield Check(name, Verdict.WARN, loss, REINSTALL.format("av"))
        else:
            yield Check(name, Verdict.OK, f"PyAV {av.__version__}")


def cameras(devices: Sequence[Path] | None = None, open_camera: Callable[[int], tuple[int, int] | None] | None = None) -> Iterator[Check]:
    """Each camera that delivers a picture. One webcam often has several device files, of which only one delivers pictures."""
    linux = sys.platform.startswith("linux")
    if devices is None:
        devices = sorted(Path("/dev").glob("video[0-9]*"), key=lambda device: int(device.name[5:])) if linux else [Path("video0")]
    open_camera = open_camera or _picture_size
    works = []
    for device in devices:
        number = int(device.name.removeprefix("video"))
        if linux and not os.access(device, os.R_OK | os.W_OK):
            yield Check(f"camera {number}", Verdict.WARN, f"{device} may not be opened by you", "Join its group: usermod -aG video $USER")
        elif size := open_camera(number):
            works.append(number)
            yield Check(f"camera {number}", Verdict.OK, f"{size[0]} x {size[1]} px")
    if not works:
        found = f"no picture from any of {len(devices)}" if devices else "none found"
        yield Check("camera", Verdict.WARN, found, "Plug one in, or close the program that uses it. Clips work without")


def _picture_size(number: int) -> tuple[int, int] | None:
    """Width and height of one camera picture, px; None if the camera delivers none."""
    from .media.camera import open_camera

    try:
        device = open_camera(number)()
    except HingecheckError:
        return None
    seen = device.read()
    device.release()
    return (seen.image.shape[1], seen.image.shape[0]) if seen else None


def display() -> Iterator[Check]:
    """Whether there is a display for the live window."""
    if not sys.platform.startswith("linux"):
        yield Check("display", Verdict.OK, sys.platform)
    elif screen := os.environ.get("DISPLAY"):
        yield Check("display", Verdict.OK, screen)
    else:
        remedy = "A window needs a desktop (on Wayland, Xwayland). Clips work without"
        yield Check("display", Verdict.WARN, "no X screen (DISPLAY is not set)", remedy)


def protection() -> Iterator[Check]:
    """Which limits on processes that open clips cannot be enforced on this system. ``drive`` then runs without them."""
    from . import kernel

    linux, lacking = sys.platform.startswith("linux"), kernel.lacking()
    enforced = {
        "memory of uploads (serve)": linux and _is_there("resource"),  # other systems have this limit but ignore it
        "memory of clips (batch --memory)": linux and hasattr(os, "sysconf") and Path("/proc/self/statm").exists(),
        "pages before analysis (serve)": hasattr(os, "nice"),
        "files of other clips (serve)": kernel.LANDLOCK not in lacking,
        "network of decoders (serve)": kernel.FILTER not in lacking,
    }
    missing = [what for what, is_enforced in enforced.items() if not is_enforced]
    if missing:
        yield Check("protection", Verdict.WARN, f"not bounded here: {', '.join(missing)}", "Open only clips that you trust, or use Linux")
    else:
        yield Check("protection", Verdict.OK, "memory, priority, files and network of processes are bounded")


def _is_there(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


CHECKS: Final[dict[str, Callable[[], Iterator[Check]]]] = {
    "python": python,
    "libraries": libraries,
    "mediapipe": mediapipe,
    "models": models,
    "opencv": opencv,
    "codecs": codecs,
    "cameras": cameras,
    "display": display,
    "protection": protection,
}
