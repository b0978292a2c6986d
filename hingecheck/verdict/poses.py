"""What an estimator saw. The columns of ``Poses`` stand here once: the engine, the estimators and the files read them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .columns import Columns
from .silhouette import L, S
from .skeleton import K
from .types import Bools, Floats, Ints

_Part = TypeVar("_Part", covariant=True)

CHUNK: Final = 4096  # frames that are read, judged and written at a time; any number gives the same bits


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``Poses``: the ``shape`` of a frame's entry, its type ``on_disk``, and the number that stands there for ``nobody``."""

    shape: tuple[int, ...]
    on_disk: type[np.generic]
    nobody: float = np.nan

    @property
    def dtype(self) -> type[np.generic]:
        """The type the engine calculates in: float64 for all that has a fraction."""
        return np.float64 if issubclass(self.on_disk, np.floating) else self.on_disk


# In the order of the fields of ``Poses``, which is the order in a file.
COLUMNS: Final = {
    "time_s": Column((), np.float64),
    "xy": Column((K, 2), np.float32),
    "score": Column((K,), np.float32),
    "world": Column((K, 3), np.float32),
    "back": Column((S,), np.float32),
    "leg": Column((L,), np.float32),
    "people": Column((), np.int8, 0),
    "hidden": Column((K,), np.bool_, False),
    "camera": Column((4,), np.float32),
    "breaks": Column((), np.int8, 0),
}
NOWHERE: Final = (1.0, 0.0, 0.0, 0.0)  # the similarity that moves nothing: a camera that stands
# The highest score of a landmark that the picture shows to be covered. It is still measured from, but its leg is not clearly seen. A
# float32 number: recordings made before ``hidden`` existed hold it as a score.
HIDDEN_SCORE: Final = float(np.float32(0.6))


@dataclass(frozen=True, slots=True, eq=False)
class Poses(Columns):
    """What an estimator saw: all the engine ever reads. Shapes and types stand in ``COLUMNS``.

    ``time_s`` (T,); ``xy`` (T, K, 2) px; ``score`` (T, K) visibility 0 to 1; ``world`` (T, K, 3) metres, hips at the origin, x
    right, y down, z away from the camera; ``back`` (T, S) distance of the dorsal edge of the silhouette from the hip-shoulder
    chord, in trunk lengths, and ``leg`` (T, L) that of its rear edge from the hip-ankle chord, in lengths of that (see ``silhouette``);
    ``people`` (T,) how many persons were seen; ``hidden`` (T, K) whether the picture shows that something covers the landmark, whatever
    its score; not given, nothing is. ``camera`` (T, 4) is the similarity (see ``steady``) from the frame to its reference picture; not
    given, the camera stands. ``breaks`` (T,) is not 0 where a frame begins a new reference: ``steady.MOVED`` or ``steady.CUT``. A frame
    without a person has NaN everywhere else, ``people`` 0 and nothing hidden. Numbers are float64, or float32 where many are kept, as a
    file does.
    """

    time_s: Floats
    xy: Floats
    score: Floats
    world: Floats
    back: Floats
    leg: Floats
    people: Ints
    hidden: Bools = None  # type: ignore[assignment]  # these three are arrays as soon as there are poses
    camera: Floats = None  # type: ignore[assignment]
    breaks: Ints = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.hidden is None:
            object.__setattr__(self, "hidden", np.zeros(np.shape(self.score), np.bool_))
        if self.camera is None:
            object.__setattr__(self, "camera", np.tile(np.array(NOWHERE, np.asarray(self.xy).dtype), (len(self.time_s), 1)))
        if self.breaks is None:
            object.__setattr__(self, "breaks", np.zeros(len(self.time_s), np.int8))

    @property
    def likely(self) -> Floats:
        """How likely landmarks are where they seem to be, 0 to 1: the score, at most ``HIDDEN_SCORE`` where hidden. (T, K). NaN stays."""
        return np.where(self.hidden, np.minimum(self.score, HIDDEN_SCORE), self.score)

    def widened(self) -> "Poses":
        """The same in the types the engine calculates in."""
        if self.xy.dtype == COLUMNS["xy"].dtype:
            return self
        return replace(self, **{name: getattr(self, name).astype(column.dtype, copy=False) for name, column in COLUMNS.items()})

    def narrowed(self) -> dict[str, NDArray[Any]]:
        """The columns in the types of a file; what is beyond float32 becomes infinite."""
        with np.errstate(over="ignore"):
            return {name: getattr(self, name).astype(column.on_disk, copy=False) for name, column in COLUMNS.items()}


def nobody(time_s: Floats) -> Poses:
    """Poses of T frames in which nobody is seen. (T,) s."""
    unseen = {name: np.full((len(time_s), *c.shape), c.nobody, c.dtype) for name, c in COLUMNS.items() if name != "camera"}
    return Poses(**unseen | {"time_s": time_s})


class _Frames(Protocol[_Part]):
    """T frames of something, of which a slice can be had."""

    def __len__(self) -> int: ...

    def __getitem__(self, frames: slice, /) -> _Part: ...


class PoseSource(_Frames[Poses], Protocol):
    """Poses of T frames wherever they lie: ``Poses`` itself, or ``spool.PoseSpool``, which reads from the disk what is asked for."""

    @property
    def time_s(self) -> Floats:
        """(T,) as in ``Poses``."""

    @property
    def people(self) -> Ints:
        """(T,) as in ``Poses``."""


def chunks(whole: _Frames[_Part], first: int = 0) -> Iterator[_Part]:
    """All frames from ``first`` on, in order, ``CHUNK`` at a time; of none, one chunk without frames."""
    for begin, end in pairwise([*range(first, max(len(whole), first + 1), CHUNK), None]):
        yield whole[begin:end]
