"""MediaPipe as a ``PoseEstimator``. No other file depends on MediaPipe and its behaviour.

MediaPipe tracks one person. Its detector finds a person anywhere in the picture; from then on, the landmark network searches where that
person was a frame ago. MediaPipe does not define which person it finds, or which one it continues with after losing the first. Therefore:

- The most prominent person at the first sighting is followed.
- A separate network counts the other people every second or two.
- While there are others, or the followed person is out of sight, the tracker gets only the part of the picture around that person.
- Any other person that the tracker returns is rejected.
"""

import atexit
import contextlib
import ctypes
import functools
import os
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..media.pictures import no_higher
from ..verdict.poses import Poses, nobody
from ..verdict.silhouette import S, back_profile, leg_profile, shanks_seen
from ..verdict.skeleton import SIDES
from ..verdict.types import Bools, Floats, Frame
from . import camera, plates
from .estimators import ENOUGH_PX, PoseEstimator
from .models import verify
from .offline import without_network
from .people import REACH_M, REACH_M_PER_S, Person, same, too_small
from .quiet import first_line, quiet, sparing

LOOK_EVERY_S: Final = 1.5  # video time between two counts of the people; a count costs about as much as a frame
UNCALM_EVERY_S: Final = 0.3  # ... while there are several people, or the followed person moves
PATIENCE_S: Final = 1.0  # how long the followed person may be out of sight before another one is accepted
HOME_S: Final = 3.0  # time constant with which a person's home follows the place where they are
GREY: Final = 114  # painted over the part of the picture that MediaPipe must not see
MAX_OTHERS: Final = 3
SEEK_TIMES: Final = 3
SEEK_PX: Final = 64  # a part of the picture that is smaller shows nobody
WHOLE: Final = tuple(landmark for joint in ("shoulder", "hip", "knee", "ankle") for landmark in SIDES[joint])
SETTLING: Final = 8  # pictures with a person; by then MediaPipe has printed its one-time messages, such as about unaligned memory
# MediaPipe often gives a hidden leg a high score. Behind plates its knee angle is off by 8 degrees or more in a quarter of the frames.
SHANK_SEEN: Final = 0.7


class MediaPipePose(PoseEstimator):
    """MediaPipe's pose landmarker, ``model`` "lite", "full" or "heavy": follows one person and counts the others.

    ``score`` is the lower of MediaPipe's visibility and presence. It is 0 for a joint outside the picture, because MediaPipe's values there
    are often too high. ``hidden`` marks joints of a leg that is behind something.
    """

    def __init__(self, model: str = "full") -> None:
        bundle = verify(model)
        with quiet():
            self._tracker = _landmarker(bundle, video=True, people=1)
            _scout()
        self._counter = ThreadPoolExecutor(1)
        self._closing = weakref.finalize(self, _close, self._tracker, self._counter)
        self._warnings: tuple[str, ...] = ()
        self._clock_ms = -1  # MediaPipe requires whole milliseconds that increase strictly
        self._followed: Person | None = None  # the followed person, as last seen
        self._home = np.full(3, np.nan)  # the place where the followed person has mostly been recently
        self._in_sight = False
        self._to_settle = SETTLING
        self._people = 0
        self._looked_s = -np.inf
        self._look_round: tuple[Person, Future[list[Person]]] | None = None  # a people count that runs while the next frame is processed
        self._plate = plates.NONE
        self._camera = camera.Camera()
        self._sought: tuple[int, float] = (0, -np.inf)  # how often somebody small was looked for, and when last

    @property
    def warnings(self) -> tuple[str, ...]:
        """A warning if there are several people: from what time, and which of them the poses show."""
        return self._warnings

    def close(self) -> None:
        """Release the tracking network. May be called more than once."""
        self._closing()

    def estimate(self, frame: Frame) -> Poses:
        """Pose of the followed person, T = 1, in pixels of ``frame.image``. NaN and ``people`` 0 while that person is not seen."""
        return self.look(frame)()

    def look(self, frame: Frame) -> Callable[[], Poses]:
        """Process one frame. Its mask is read and freed when the result is called."""
        if not self._closing.alive:
            raise ValueError("estimate: this estimator is closed")
        frame = no_higher(frame, ENOUGH_PX)
        image = np.ascontiguousarray(frame.image)
        with quiet() if self._to_settle else contextlib.nullcontext():
            person = self._follow(image, frame.time_s) if image.size else None
        scale = np.array(frame.scale)
        if person is None:
            self._seek(image, frame.time_s)
            return functools.partial(self._empty, image, frame.time_s, scale)
        self._to_settle = max(self._to_settle - 1, 0)
        return functools.partial(self._finished, image, person, self._people, scale)

    def _seek(self, image: NDArray[np.uint8], time_s: float) -> None:
        """While nobody was ever seen, look a few times for somebody who is too small in the whole picture, and warn of that."""
        times, last_s = self._sought
        if (
            self._followed is not None
            or self._to_settle < SETTLING
            or times == SEEK_TIMES
            or time_s - last_s < LOOK_EVERY_S
            or (side := image.shape[0] // 2) < SEEK_PX
        ):
            return
        self._sought = times + 1, time_s
        corners = [(y, x) for y in range(0, side + 1, side // 2) for x in range(0, image.shape[1] - side // 2, side // 2)]
        for top, left in corners:
            part = np.ascontiguousarray(image[top : top + side, left : left + side])
            with quiet():
                found = persons(_scout().detect, part, time_s)
            for person in found:
                if person.score[list(WHOLE)].mean() > 0.5:
                    self._warnings = (too_small(float(np.ptp(person.xy[:, 1])) / image.shape[0]),)
                    self._sought = SEEK_TIMES, time_s
                    return

    def _seen_from(self, image: NDArray[np.uint8], xy: Floats | None, time_s: float, scale: Floats) -> dict[str, Any]:
        """The columns of ``Poses`` that tell how the camera moved, T = 1, by the picture around the landmarks (K, 2)."""
        self._camera, motion, broke = camera.follow(self._camera, image, xy, time_s)
        motion[2:] *= scale
        return {"camera": motion[None], "breaks": np.array([broke], np.int8)}

    def _empty(self, image: NDArray[np.uint8], time_s: float, scale: Floats) -> Poses:
        """Poses of a picture in which the followed person is not seen, T = 1."""
        unseen = nobody(np.array([time_s]))
        return replace(unseen, **self._seen_from(image, None, time_s, scale)) if image.size else unseen

    def _finished(self, image: NDArray[np.uint8], person: Person, people: int, scale: Floats) -> Poses:
        """Poses of one person, T = 1, in px of the original picture, which is ``scale`` (2,) times as wide and high as ``image``."""
        self._plate = plates.follow(self._plate, image, person.xy, person.time_s)
        behind = plates.behind(self._plate, person.xy)
        mask = person.mask.numpy_view()[..., 0]
        return Poses(
            time_s=np.array([person.time_s]),
            xy=(person.xy * scale)[None],
            score=person.score[None],
            world=person.world[None],
            back=_back(mask, person.xy, behind)[None],
            leg=leg_profile(mask, person.xy)[None],
            people=np.array([people], np.int8),
            hidden=covered(mask, person.xy, behind)[None],
            **self._seen_from(image, person.xy, person.time_s, scale),
        )

    def _follow(self, image: NDArray[np.uint8], time_s: float) -> Person | None:
        """The followed person, or None if that person is not seen in this picture."""
        self._heed()
        if self._followed is not None and time_s - self._followed.time_s > PATIENCE_S:
            self._followed = None
        who = self._followed
        unseen_s = 0.0 if who is None else max(time_s - who.time_s, 0.0)
        reach_m = REACH_M + REACH_M_PER_S * unseen_s
        seen = self._track(image, time_s, None if who is None or (self._in_sight and self._people == 1) else who.box(reach_m))
        if seen is not None:
            if who is None:
                who = max([seen, *self._counted(seen, _others(image, seen))], key=lambda person: person.prominence(image.shape[1]))
                self._home = who.place
            elif same(who.place, seen.place, reach_m):
                who = seen
                calm = self._people == 1 and same(self._home, seen.place)
                if time_s - self._looked_s >= (LOOK_EVERY_S if calm else UNCALM_EVERY_S):
                    self._look_round = seen, self._counter.submit(_others, image, seen)
            if seen is not who:
                seen = self._track_again(image, time_s, who, reach_m)
        if seen is not None:
            self._home = self._home - np.expm1(-unseen_s / HOME_S) * (seen.place - self._home)
        self._followed = seen or who
        self._in_sight = seen is not None
        return seen

    def _track(self, image: NDArray[np.uint8], time_s: float, box: tuple[slice, slice] | None) -> Person | None:
        """The person the tracker finds in the picture, or only within ``box``, with the rest painted over."""
        if box is not None:
            whole, image = image, np.full_like(image, GREY)
            image[box] = whole[box]
        self._clock_ms = max(self._clock_ms + 1, round(time_s * 1000))
        return next(iter(persons(self._tracker.detect_for_video, image, time_s, self._clock_ms)), None)

    def _track_again(self, image: NDArray[np.uint8], time_s: float, who: Person, reach_m: float) -> Person | None:
        """Find ``who`` again after the tracker returned somebody else: one or two calls to drop that person, one more to find ``who``."""
        for _ in range(3):
            seen = self._track(image, time_s, who.box(reach_m))
            if seen is not None and same(who.place, seen.place, reach_m):
                return seen
        return None

    def _heed(self) -> None:
        """Use the result of a people count: if another person is now at the followed person's home, follow that one.

        The tracker tends to switch to a person who passes in front, while the right person has stayed in place.
        """
        if self._look_round is None:
            return
        seen, looking = self._look_round
        self._look_round = None
        everybody = seen, *self._counted(seen, looking.result())
        rightful = next((person for person in everybody if same(self._home, person.place)), seen)
        if rightful is not seen:
            self._followed, self._in_sight = rightful, False

    def _counted(self, seen: Person, others: list[Person]) -> list[Person]:
        """Return the others, and store how many people there are."""
        self._looked_s, self._people = seen.time_s, 1 + len(others)
        if others and not self._warnings:
            chosen = "the larger one near the middle" if self._followed is None else "the one who was there first"
            self._warnings = (f"{self._people} people in the picture from {seen.time_s:.1f} s: following {chosen}",)
        return others


def _others(image: NDArray[np.uint8], seen: Person) -> list[Person]:
    """All people except the one already ``seen``. That person is painted over first."""
    rest = image.copy()
    rest[seen.box(0.1)] = GREY
    others: list[Person] = []
    for person in persons(_scout().detect, rest, seen.time_s):
        if not any(same(known.place, person.place) for known in (seen, *others)):
            others.append(person)
    return others


def _back(mask: NDArray[np.float32], xy: Floats, behind: Bools) -> Floats:
    """Back profile, (S,). All NaN if a hip is behind a plate: the chord that the back is measured from would end on the plate."""
    return np.full(S, np.nan) if behind[list(SIDES["hip"])].any() else back_profile(mask, xy)


def covered(mask: NDArray[np.float32], xy: Floats, behind: Bools) -> Bools:
    """Which leg landmarks are hidden behind something. (H, W) 0 to 1, (K, 2) px, (K,) -> (K,).

    Hips, knees and ankles ``behind`` a plate are hidden. Knee and ankle are also hidden if too little of the shank between them lies in the
    person's mask.
    """
    out = np.zeros(len(xy), np.bool_)
    for side, seen in enumerate(shanks_seen(mask, xy)):
        hip, knee, ankle = (SIDES[joint][side] for joint in ("hip", "knee", "ankle"))
        hidden = [joint for joint in (hip, knee, ankle) if behind[joint] or (seen < SHANK_SEEN and joint != hip)]
        out[hidden] = True
    return out


_PICTURE: Final = attrgetter("x", "y", "visibility", "presence")
_METRIC: Final = attrgetter("x", "y", "z")


def persons(detect: Any, image: NDArray[np.uint8], time_s: float, *clock_ms: int) -> list[Person]:
    """All people that one of MediaPipe's networks finds in an (H, W, 3) picture. Converts fractions of the picture to pixels."""
    from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

    try:
        result = detect(Image(image_format=ImageFormat.SRGB, data=image), *clock_ms)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"picture at {time_s:.3f} s: MediaPipe failed ({first_line(error)}). Try another model.") from error
    height, width = image.shape[:2]
    masks = result.segmentation_masks or [None] * len(result.pose_landmarks)
    persons = []
    for landmarks, metric, mask in zip(result.pose_landmarks, result.pose_world_landmarks, masks, strict=True):
        part = np.array([*map(_PICTURE, landmarks)])
        world = np.array([*map(_METRIC, metric)])
        xy = part[:, :2] * (width, height)
        inside = ((part[:, :2] >= 0) & (part[:, :2] <= 1)).all(axis=1)
        score = np.where(inside, part[:, 2:].min(axis=1), 0.0)
        spread, spread_m = (np.linalg.norm(points - points.mean(axis=0)) for points in (xy, world[:, :2]))
        persons.append(Person(time_s, xy, score, world, mask, np.append(xy[list(SIDES["hip"])].mean(axis=0), spread / spread_m)))
    return persons


def load() -> None:
    """Import MediaPipe. This is slow, so it is done only when needed. ``ModelError`` if it fails."""
    try:
        with sparing():
            from mediapipe.tasks.python.vision import pose_landmarker  # noqa: F401
    except (ImportError, OSError) as error:
        raise ModelError(f"mediapipe: cannot be loaded ({first_line(error)}). `hingecheck doctor` says what to install.") from error


def looker(bundle: bytes) -> Any:
    """A landmarker that looks at one picture at a time and keeps nothing between them: one person, with the mask."""
    return _landmarker(bundle, video=False, people=1, masks=True)


def _landmarker(bundle: bytes, *, video: bool, people: int, masks: bool | None = None) -> Any:
    """Create MediaPipe's landmarker, with masks where it follows a video if not said. Its threads have no network access."""
    load()
    from mediapipe.tasks.python.core.base_options import BaseOptions
    from mediapipe.tasks.python.vision.core.vision_task_running_mode import VisionTaskRunningMode as Mode
    from mediapipe.tasks.python.vision.pose_landmarker import PoseLandmarker, PoseLandmarkerOptions

    class Discreet(BaseOptions):  # type: ignore[misc]
        """Base options without certificates: MediaPipe trusts no server to report its use to, where the kernel cannot block sockets."""

        def to_ctypes(self) -> Any:
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    options = PoseLandmarkerOptions(
        base_options=Discreet(model_asset_buffer=bundle),
        running_mode=Mode.VIDEO if video else Mode.IMAGE,
        num_poses=people,
        output_segmentation_masks=video if masks is None else masks,
    )
    try:
        return without_network(lambda: PoseLandmarker.create_from_options(options))
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(f"mediapipe: does not accept the pose model ({first_line(error)}). Run `hingecheck doctor`.") from error


@functools.cache
def _scout() -> Any:
    """The landmarker that counts people. It keeps no state between pictures, so one serves all clips of a process."""
    scout = _landmarker(verify("lite"), video=False, people=MAX_OTHERS)
    atexit.register(_close, scout)
    return scout


def _close(landmarker: Any, counter: ThreadPoolExecutor | None = None) -> None:
    """Close a landmarker, even while Python shuts down and the thread that MediaPipe closes it on is gone."""
    if counter is not None:
        counter.shutdown()
    with quiet():
        try:
            landmarker.close()
        except (RuntimeError, ValueError):
            landmarker._handle = None  # else MediaPipe tries again at exit and prints a traceback
    with contextlib.suppress(OSError, AttributeError, TypeError):  # glibc keeps 70 MB of freed memory unless asked; others do not
        ctypes.CDLL(None).malloc_trim(0)
