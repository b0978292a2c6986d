"""The live window: shows pictures, reads keys, notices when it was closed. ``Headless`` stands in for it on servers and in tests."""

import ctypes
import os
import sys
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..opencv import cv2

TITLE: Final = "hingecheck"
QUIT_KEYS: Final = frozenset({ord("q"), ord("Q"), 27})  # 27: Esc
FULL_KEY: Final = ord("f")


class Screen(Protocol):
    """Where pictures are shown."""

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Show a picture, (H, W, 3) uint8 RGB; False once the user wants to leave."""
        ...

    def close(self) -> None:
        """Close it. May be called more than once."""


class Headless:
    """Shows nothing."""

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Do nothing; True: go on."""
        return True

    def close(self) -> None:
        """Nothing to close."""


class Window:
    """A window that opens at the size of the first picture and can be resized. ``f`` fills the screen; ``q``, Esc or closing it leaves."""

    def __init__(self) -> None:
        _check_screen()
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # Qt in OpenCV warns of fonts that it does not need
        self._open = False
        self._full = False

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Show a picture, (H, W, 3) uint8 RGB; False once the user wants to leave."""
        if not self._open:
            cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(TITLE, image.shape[1], image.shape[0])
            self._open = True
        elif not _is_visible():
            return False
        cv2.imshow(TITLE, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        key = cv2.pollKey() & 0xFF
        if key == FULL_KEY:
            self._full = not self._full
            cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN if self._full else cv2.WINDOW_NORMAL)
        return key not in QUIT_KEYS

    def close(self) -> None:
        """Close the window. May be called more than once."""
        if self._open and _is_visible():
            cv2.destroyWindow(TITLE)
            cv2.pollKey()
        self._open = False


def _is_visible() -> bool:
    """Whether the window is still there."""
    try:
        return bool(cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1)
    except cv2.error:  # OpenCV 5 raises this if there is no window
        return False


def _check_screen() -> None:
    """Raise ``InputError`` if no window can be opened. Qt would end the whole process without a useful message."""
    if not sys.platform.startswith("linux"):
        return
    screen = os.environ.get("DISPLAY", "")
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError as error:
        raise InputError("--headless: no window can be opened here (libX11 is missing); see `hingecheck doctor`, or add it.") from error
    x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    display = x11.XOpenDisplay(screen.encode() or None) if screen else None
    if not display:
        raise InputError(f"no screen to open a window on (DISPLAY is {screen or 'not set'}). Start it on a desktop, or add --headless.")
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    x11.XCloseDisplay(display)
