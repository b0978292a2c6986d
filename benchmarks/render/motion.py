"""What a hinge is, in numbers, and how each of them goes over time: from standing down to the bottom and up again.

Degrees and seconds. A clip has T frames; rep 0 is before the first repetition.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .rotations import Array


@dataclass
class Motion:
    """One clip's movement. Values "at the bottom" are reached at the bottom of every repetition."""

    reps: int = 3
    fps: float = 25.0
    t_down: float = 2.0
    t_up: float = 1.5
    t_bottom: float = 0.25
    t_top: float = 0.7
    peak_hip_flexion: float = 85.0  # trunk axis (middle of hips to middle of shoulders) against thigh, at the bottom
    knee_bottom: float = 18.0  # knee flexion at the bottom
    knee_top: float = 4.0
    trunk_top: float = 0.0  # lean of the trunk at the end: above 0 lockout incomplete, below leaning back
    lumbar_top: float = 0.0
    lumbar_bottom: float = 4.0  # against standing neutrally: 0 neutral, 40 strongly rounded, below 0 arched
    thoracic_top: float = 0.0
    thoracic_bottom: float = 3.0
    lumbar_timing: str = "with"  # the hinge, "early", "late", or "loose": grows through and after the bottom, and with every rep
    neck_bottom: float = 12.0  # looking up, at the bottom, against neutral
    neck_top: float = 0.0
    protraction: float = 0.0  # shoulder blades forward, throughout
    protraction_bottom: float = 6.0  # more at the bottom
    stance: float = 1.0  # between the ankles, over between the hip joints
    split: float = 0.0  # left foot before the right one, metres; below 0 behind it
    toe_out: float = 8.0
    knee_valgus: float = 0.0  # swivel of the knee about the line from hip to ankle, at the bottom: above 0 inwards, below outwards
    hips_first: float = 0.0  # 0 to 1: on the way up knees extend before the trunk rises
    knees_first: float = 0.0  # 0 to 1: on the way down knees bend before the trunk tips
    hold: str = "none"  # none, dowel, barbell, kettlebell, dumbbells
    arms: str = "hang"  # hang, forward, chest, head, hips, crossed, rack (bar before the neck), back (bar behind it)
    load_kg: float = 0.0
    bar_close: float = 0.7  # 1: bar at the legs, 0: arms hang straight down
    rep_sd: float = 0.03  # how much repetitions differ in depth and timing
    jitter: float = 0.5  # small slow sway
    lead_s: float = 0.8  # standing still before the first and after the last repetition
    start_neutral: bool = True  # stand neutrally before the first repetition even where the *_top values are faulty
    start_knee: float = 4.0
    start_thoracic: float = 0.0
    per_rep: dict[str, list[Any]] = field(default_factory=dict)  # {"lumbar_bottom": [5, 35, 5]}: other values by rep (None: as given)
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """When what happens, by frame.

    ``time_s``; ``rep`` (0: none); ``phase`` by name; ``depth`` 0 standing to 1 bottom, linear in time; ``up`` on the way up; ``cycle`` 0 to
    1 over a repetition; all (T,). ``events``: start, bottom, ascent and end of each repetition, seconds.
    """

    time_s: Array
    rep: Array
    phase: Array
    depth: Array
    up: Array
    cycle: Array
    events: list[tuple[float, float, float, float]]


def min_jerk(share: Array) -> Array:
    """Smoothest way from 0 to 1. (T,) -> (T,)."""
    share = np.clip(share, 0, 1)
    return share * share * share * (10 - 15 * share + 6 * share * share)


def timeline(motion: Motion, rng: np.random.Generator) -> Timeline:
    """Draw when each repetition starts, turns and ends."""
    events, now = [], motion.lead_s
    for _ in range(motion.reps):
        pace = 1 + rng.normal(0, motion.rep_sd * 2, 4)
        start = now
        bottom = start + motion.t_down * pace[0]
        ascent = bottom + motion.t_bottom * max(0.3, pace[1])
        end = ascent + motion.t_up * pace[2]
        events.append((start, bottom, ascent, end))
        now = end + motion.t_top * max(0.3, pace[3])
    total = now - motion.t_top * 0.5 + motion.lead_s
    count = round(total * motion.fps)
    made = Timeline(
        time_s=np.arange(count) / motion.fps,
        rep=np.zeros(count, int),
        phase=np.array(["stand"] * count, object),
        depth=np.zeros(count),
        up=np.zeros(count, bool),
        cycle=np.zeros(count),
        events=events,
    )
    for i, (start, bottom, ascent, end) in enumerate(events):
        following = events[i + 1][0] if i + 1 < motion.reps else 1e9
        _mark(made, i + 1, start, bottom, ascent, end, following)
    return made


def _mark(made: Timeline, rep: int, start: float, bottom: float, ascent: float, end: float, following: float) -> None:
    """Fill in the frames of one repetition and of the pause after it."""
    time_s = made.time_s
    here = (time_s >= start) & (time_s < bottom)
    made.phase[here] = "descent"
    made.depth[here] = (time_s[here] - start) / (bottom - start)
    made.cycle[here] = 0.5 * made.depth[here]
    here = (time_s >= bottom) & (time_s < ascent)
    made.phase[here] = "bottom"
    made.depth[here] = 1
    made.cycle[here] = 0.5
    here = (time_s >= ascent) & (time_s < end)
    made.phase[here] = "ascent"
    made.depth[here] = 1 - (time_s[here] - ascent) / (end - ascent)
    made.up[here] = True
    made.cycle[here] = 1 - 0.5 * made.depth[here]
    made.rep[(time_s >= start) & (time_s < end)] = rep
    here = (time_s >= end) & (time_s < following)
    made.phase[here] = "top"
    made.cycle[here] = 1


def smooth_noise(
    time_s: Array,
    rng: np.random.Generator,
    size: float,
    shape: tuple[int, ...] = (),
    *,
    low_hz: float = 0.08,
    high_hz: float = 0.45,
    waves: int = 5,
) -> Array:
    """Slow random sway, a sum of sines of rms about ``size``. (T,) -> (T, *shape)."""
    frequency = rng.uniform(low_hz, high_hz, (waves, *shape))
    phase = rng.uniform(0, 2 * np.pi, (waves, *shape))
    height = rng.normal(0, 1, (waves, *shape))
    at = time_s.reshape((-1,) + (1,) * len(shape))
    total = sum(height[i] * np.sin(2 * np.pi * frequency[i] * at + phase[i]) for i in range(waves))
    return size * total / np.sqrt(waves / 2)


class Curves:
    """Every commanded angle of a clip over time, degrees, (T,) each, drawn in a fixed order from ``motion.seed``."""

    def __init__(self, motion: Motion) -> None:
        self.motion = motion
        self._rng = np.random.default_rng(motion.seed)
        self.line = timeline(motion, self._rng)
        line = self.line
        frames = len(line.time_s)
        self._current = np.zeros(frames, int)  # repetition in progress or just finished
        for i, event in enumerate(line.events):
            self._current[line.time_s >= event[0]] = i + 1
        self._before = np.maximum(self._current - 1, 0)
        self._ending = line.up | (line.phase == "top")  # on the way to the end of a repetition, or there

        self.progress = min_jerk(line.depth)
        hips_first, knees_first = self.by_rep("hips_first")[self._current], self.by_rep("knees_first")[self._current]
        depth = np.clip(line.depth, 0, 1)
        s_knee = np.where(line.up, min_jerk(depth ** (1 + 1.6 * hips_first)), min_jerk(depth ** (1 / (1 + 1.2 * knees_first))))
        s_trunk = np.where(line.up, min_jerk(depth ** (1 / (1 + 1.2 * hips_first))), min_jerk(depth ** (1 + 1.2 * knees_first)))
        self.trunk_progress = s_trunk
        noise = motion.rep_sd * 2
        self.knee = np.maximum(self.blend("knee_top", self.by_rep("knee_bottom", noise), s_knee) + np.abs(self.sway(0.6)), 0.3)
        s_lumbar = self._lumbar_progress()
        self.lumbar = self.blend("lumbar_top", self.by_rep("lumbar_bottom", noise), s_lumbar) + self.sway(0.8)
        s_thoracic = s_lumbar if motion.lumbar_timing == "loose" else s_trunk
        self.thoracic = self.blend("thoracic_top", self.by_rep("thoracic_bottom", noise), s_thoracic) + self.sway(0.6)
        self.neck = self.blend("neck_top", self.by_rep("neck_bottom"), s_trunk) + self.sway(2.0)
        always = self.by_rep("protraction")[np.maximum(self._current, 1)]
        self.protraction = always + self.by_rep("protraction_bottom")[self._current] * s_trunk
        self.swivel = self.by_rep("knee_valgus", motion.rep_sd)[self._current] * s_knee
        self.yaw, self.roll = self.sway(0.8), self.sway(0.5)
        self.peak = self.by_rep("peak_hip_flexion", motion.rep_sd)
        self.head_turn = self.sway(2.5)

    def by_rep(self, name: str, noise: float = 0.0) -> Array:
        """One number of the motion for each repetition. -> (reps + 1,), the first for before them."""
        values = np.full(self.motion.reps + 1, float(getattr(self.motion, name)))
        for i, other in enumerate(self.motion.per_rep.get(name, [])[: self.motion.reps]):
            if other is not None:
                values[i + 1] = other
        if noise:
            values[1:] *= 1 + self._rng.normal(0, noise, self.motion.reps)
        return values

    def blend(self, top: str, bottom: Array, share: Array) -> Array:
        """From the end before to ``bottom`` (reps + 1,) and to this end, as ``share`` goes from 0 to 1 and back. (T,) -> (T,)."""
        ends = self.by_rep(top)
        if self.motion.start_neutral:
            neutral = {"knee_top": self.motion.start_knee, "thoracic_top": self.motion.start_thoracic}
            ends[0] = neutral.get(top, 0.0)
        deep, start, end = bottom[self._current], ends[self._before], ends[self._current]
        return np.where(self._ending, end + (deep - end) * share, start + (deep - start) * share)

    def sway(self, share: float) -> Array:
        """Some of the motion's jitter. -> (T,)."""
        return smooth_noise(self.line.time_s, self._rng, self.motion.jitter * share)

    def _lumbar_progress(self) -> Array:
        """How far the lower back has gone towards its shape at the bottom. -> (T,)."""
        line, timing = self.line, self.motion.lumbar_timing
        if timing == "early":
            return min_jerk(np.clip(line.depth * 1.8, 0, 1))
        if timing == "late":
            return min_jerk(np.clip((line.depth - 0.45) / 0.55, 0, 1))
        if timing != "loose":
            return self.trunk_progress
        # Keeps collapsing: little on the way down, most just after the turn, unsteady, worse every repetition.
        main = np.exp(-(((line.cycle - 0.60) / 0.17) ** 2))
        wobble = 0.35 * np.exp(-(((line.cycle - 0.33) / 0.08) ** 2)) * np.sin(line.time_s * 9)
        growing = np.where(line.rep > 0, 0.7 + 0.3 * line.rep / max(self.motion.reps, 1), 0)
        raw = (main + wobble) * growing * (line.depth > 0)
        window = np.hanning(max(3, int(self.motion.fps * 0.25) | 1))
        return np.convolve(np.pad(raw, len(window) // 2, mode="edge"), window / window.sum(), "valid")
