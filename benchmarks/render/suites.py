"""Sets of clips that figures rest on: which hinge, seen from where, with what in the hands. The same for the same suite and seed, always.

Clip number i of a suite is the same however many clips are asked for, and views, presets and loads take turns, so that the first few of a
set are a fair sample of it. Whatever changes here or in ``clips.py`` makes other clips of the same seed: count ``RECIPE`` up with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .clips import Clip, random_clip

RECIPE: Final = 1
SIZE_PX: Final = (480, 640)
FPS: Final = 25.0
_GOLDEN: Final = 0.6180339887498949  # steps of this share of a range fall into the widest gap that the steps before left


@dataclass(frozen=True, slots=True)
class Kind:
    """Clips of one view. ``clips``: how many of the suite's own number. Every ``good_every``-th is a good hinge, from the first (0: none).

    ``faults`` and ``holds`` are wheels that the other clips and all clips go round. Faults start where the set of the seed before stopped:
    seeds that follow each other show what one small set has no room for.
    """

    view: str
    clips: int
    good_every: int
    faults: tuple[str, ...] = ()
    holds: tuple[str | None, ...] = (None,)  # None: drawn; a barbell one time in ten
    azimuths_deg: tuple[float, float] | None = None  # off the side, every fourth from behind; None: as the view is drawn


@dataclass(frozen=True, slots=True)
class Suite:
    """A set by name. ``stream`` is the first word of every seed: no two suites share a body, whatever their seeds."""

    stream: int
    kinds: tuple[Kind, ...]

    @property
    def clips(self) -> int:
        """How many clips it has when nobody says otherwise."""
        return sum(kind.clips for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Slot:
    """One clip to be made, as ``name``.mp4."""

    index: int
    preset: str
    view: str
    hold: str | None
    azimuth_deg: float | None

    @property
    def name(self) -> str:
        """Number, preset and view."""
        return f"{self.index:03d}_{self.preset}_{self.view}"


SUITES: Final[dict[str, Suite]] = {
    "heldout": Suite(
        stream=31,
        kinds=(
            Kind(
                "side",
                8,
                good_every=4,
                faults=(
                    "rounded_lower_back",
                    "locked_knees",
                    "incomplete_lockout",
                    "squatty",
                    "shoulders_forward",
                    "core_loose",
                    "rounded_upper_back",
                    "hyperextended_lockout",
                    "hips_rise_first",
                ),
                holds=("none", None, None, None, "barbell", None, None, None),  # of two good ones the second
            ),
            Kind("oblique", 2, good_every=1, azimuths_deg=(21.0, 65.0)),
            Kind("front", 2, good_every=0, faults=("knees_caving", "feet_too_narrow", "knees_too_wide", "feet_too_wide")),
        ),
    ),
    "fit": Suite(
        stream=47,
        kinds=(
            # Knees and feet that break a cue from the front only are among them: from the side they vary what nobody can see there.
            # 15 faults are a lap of 20 clips, and 9 loads: each fault meets each load. Barbells: two in nine, and all of hips_rise_first.
            Kind(
                "side",
                110,
                good_every=4,
                faults=(
                    "rounded_lower_back",
                    "squatty",
                    "locked_knees",
                    "shoulders_forward",
                    "knees_caving",
                    "rounded_upper_back",
                    "incomplete_lockout",
                    "rounded_lower_back",
                    "hyperextended_lockout",
                    "feet_too_wide",
                    "core_loose",
                    "locked_knees",
                    "hips_rise_first",
                    "shoulders_forward",
                    "knees_too_wide",
                ),
                holds=("none", "barbell", "none", "dowel", "none", "none", "barbell", "none", "dowel"),
            ),
            Kind(
                "oblique",
                30,
                good_every=2,
                faults=("squatty", "rounded_lower_back", "locked_knees", "rounded_upper_back", "incomplete_lockout"),
                holds=("none", "dowel", "none", "none", "barbell", "none", "none"),
                azimuths_deg=(20.5, 65.0),
            ),
            Kind(
                "front",
                40,
                good_every=3,
                faults=("knees_caving", "feet_too_wide", "knees_too_wide", "feet_too_narrow"),
                holds=("none", "dowel", "none", "none", "barbell", "none", "none"),
            ),
        ),
    ),
}


def slots(suite: str, seed: int) -> Iterator[Slot]:
    """Say what each clip of a set shows, without end."""
    made = SUITES[suite]
    offset = float(np.random.default_rng([made.stream, seed]).random())
    counts = [0] * len(made.kinds)
    index = 0
    while True:
        # The kind that is furthest behind its share has the next turn.
        behind = [kind.clips * (index + 1) / made.clips - count for kind, count in zip(made.kinds, counts, strict=True)]
        turn = behind.index(max(behind))
        yield _slot(made.kinds[turn], index, counts[turn], seed, offset)
        counts[turn] += 1
        index += 1


def describe(suite: str, seed: int, slot: Slot) -> Clip:
    """Describe a clip of a set whole: another body, look and camera for each."""
    # From 1: an index of 0 at the end of a seed is the same to numpy as no index.
    rng = np.random.default_rng([SUITES[suite].stream, seed, slot.index + 1])
    clip = random_clip(slot.preset, rng, view=slot.view, size_px=SIZE_PX, fps=FPS, reps=1, hold=slot.hold)
    if slot.azimuth_deg is not None:
        clip["camera"]["azimuth"] = slot.azimuth_deg
    return clip


def _slot(kind: Kind, index: int, turn: int, seed: int, offset: float) -> Slot:
    """The clip that a kind has at its ``turn``, from 0. ``offset``: 0 to 1, where in its range the first azimuth lies."""
    good = kind.good_every > 0 and turn % kind.good_every == 0
    preset = "good" if good else kind.faults[(_faults_before(kind, kind.clips) * seed + _faults_before(kind, turn)) % len(kind.faults)]
    azimuth_deg = None
    if kind.azimuths_deg is not None:
        low, high = kind.azimuths_deg
        azimuth_deg = low + (high - low) * ((offset + _GOLDEN * turn) % 1.0)
        if turn % 4 == 3:
            azimuth_deg = -azimuth_deg
    return Slot(index, preset, kind.view, kind.holds[turn % len(kind.holds)], azimuth_deg)


def _faults_before(kind: Kind, turn: int) -> int:
    """How many clips of the first ``turn`` are not good ones."""
    return turn - (-(-turn // kind.good_every) if kind.good_every else 0)
