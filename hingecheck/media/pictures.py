"""Display of stored pictures: upright, with square pixels, no larger than needed."""

import math
from dataclasses import replace
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..opencv import cv2
from ..verdict.types import Frame


def no_higher(frame: Frame, most_px: int) -> Frame:
    """The frame with its image at most ``most_px`` high, recorded in ``Frame.scale``. Halved first where possible, against aliasing."""
    height, width = frame.image.shape[:2]
    if height <= most_px:
        return frame
    image: NDArray[Any] = frame.image
    while image.shape[0] >= 2 * most_px:
        image = cv2.resize(image, (max(1, image.shape[1] // 2), image.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if image.shape[0] > most_px:
        image = cv2.resize(image, (max(1, round(image.shape[1] * most_px / image.shape[0])), most_px), interpolation=cv2.INTER_LINEAR)
    scale = frame.scale[0] * width / image.shape[1], frame.scale[1] * height / image.shape[0]
    return replace(frame, image=image, scale=scale)


def pixel_aspect(stream: VideoStream) -> float:
    """Width over height of a displayed pixel; 1 if the file gives no value or an implausible one."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.1 < aspect < 10 else 1.0


def orientation(picture: av.VideoFrame) -> tuple[int, bool]:
    """Clockwise quarter turns, 0 to 3, that turn a stored picture upright, and whether to mirror it left to right first."""
    matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return 0, False
    # (x, y) of the stored picture is shown at (a x + c y, b x + d y).
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    mirrored = a * d - b * c < 0
    x, y = (-a, -b) if mirrored else (a, b)
    return round(math.atan2(y, x) / (math.pi / 2)) % 4, mirrored


def scaled_size(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """(width, height) times ``factor``, px, at least 1 each."""
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
