"""The nine Stage 1 cues as rows of one table.

Overlay, report, profile file, web form and docs are made from these rows. Every number a coach may change is a ``Fault.limit``.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

from .types import METRICS, Floats, Phase, ViewKind

LOADED: Final = frozenset({Phase.DOWN, Phase.BOTTOM, Phase.UP})
BOTTOM: Final = frozenset({Phase.BOTTOM})
TOP: Final = frozenset({Phase.STANDING})  # of a rep: its lockout, until the next one starts
RISING: Final = frozenset({Phase.UP})
PLANTED: Final = frozenset({Phase.STANDING, Phase.BOTTOM})

Number = TypeVar("Number", float, Floats)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to get a cue wrong.

    Wrong while ``metric`` is surely beyond ``limit`` (above it, or below where ``above`` is False; surely: by more than the metric may be
    off, see ``confidence``) in one of ``phases``; right again once
    it is back by ``margin``. ``throughout`` asks for the whole phase: who got it right once in it got it right. ``min_lean_deg``
    leaves out what happens while the trunk leans less than that. A profile may set the limit from ``low`` to ``high``. ``say`` is
    spoken and shown: two seconds, readable at three metres. ``reason`` says why the limit stands where it does.
    """

    direction: str
    metric: str
    limit: float
    above: bool
    margin: float
    phases: frozenset[Phase]
    low: float
    high: float
    say: str
    reason: str
    throughout: bool = False
    min_lean_deg: float | None = None

    def least(self, value: Number, spread: Number) -> Number:
        """The end of each interval value -+ spread that lies nearer to the right side of a limit: what is surely so. Elementwise."""
        return value - spread if self.above else value + spread


@dataclass(frozen=True, slots=True)
class Cue:
    """One row: what to watch, from where, how it goes wrong, and how much it matters.

    ``view`` is the camera view it needs, and ``within_deg`` how far from square to that the camera may stand. ``joints`` are highlighted
    when it is wrong. ``hold_s`` is how long a value must stay wrong, or right again. ``hidden`` says what was not seen when its metrics
    are missing; ``against_standing`` that they need the lifter's own standing shape, ``by_shape`` that they are better for it, but people's
    usual one will do. ``priority`` 1 is said first. ``weight`` is its share of a rep's score. ``withheld`` gives the reason while the
    measure is not proven on clips with known truth: the cue is then never judged.
    """

    id: str
    name: str
    about: str
    view: ViewKind
    within_deg: float
    unit: str
    joints: tuple[str, ...]
    hold_s: float
    priority: int
    weight: float
    hidden: str
    faults: tuple[Fault, ...]
    against_standing: bool = False
    by_shape: bool = False
    withheld: str | None = None

    def fault(self, direction: str) -> Fault:
        """The way to be wrong that has this direction; ``KeyError`` when none has."""
        return {fault.direction: fault for fault in self.faults}[direction]


# Nearer to upright the arms sweep across the edge of the back, and the spine carries little.
LOADED_LEAN_DEG: Final = 25.0

# How far from square to its view a cue is judged: as far as clips with truth show it right (benchmarks/README.md). Legs and trunk hold
# a little further than the contour of the back does.
SIDE_WITHIN_DEG: Final = 17.0
BACK_WITHIN_DEG: Final = 14.0
FRONT_WITHIN_DEG: Final = 16.0

CUES: Final[tuple[Cue, ...]] = (
    Cue(
        id="butt_high",
        name="Butt high",
        about="A string holds the butt up: the hips travel back, they do not sink.",
        view=ViewKind.SIDE,
        within_deg=SIDE_WITHIN_DEG,
        unit="leg lengths",
        joints=("hip",),
        hold_s=0.2,
        priority=3,
        weight=1.0,
        hidden="hip, knee or ankle hidden",
        against_standing=True,
        faults=(
            Fault(
                direction="low",
                metric="butt_drop",
                limit=0.073,
                above=True,
                margin=0.02,
                phases=LOADED,
                low=0.05,
                high=0.4,
                say="Hips back, not down",
                reason="rendered hinges drop by at most 0.07 as measured, squats by 0.15 and more; called past 0.09",
            ),
        ),
    ),
    Cue(
        id="shoulders_back",
        name="Shoulders back",
        about="The shoulders stay pulled back. Seen while you stand, before the first rep: slumped shoulders go into the lift.",
        view=ViewKind.SIDE,
        within_deg=BACK_WITHIN_DEG,
        unit="trunk lengths",
        joints=("shoulder",),
        hold_s=0.2,
        priority=6,
        weight=0.7,
        hidden="the back was hidden or its edge torn while you stood, or you looked down",
        against_standing=True,
        faults=(
            Fault(
                direction="forward",
                metric="shoulder_shift",
                limit=0.010,
                above=True,
                margin=0.005,
                phases=LOADED,
                low=0.01,
                high=0.15,
                say="Shoulders back",
                reason="of rendered bodies that stand well 3 of 264 read past 0.036, of slumped ones 74 of 78 past 0.038; called there",
            ),
        ),
    ),
    Cue(
        id="chest_out",
        name="Chest out",
        about="The chest stays proud: the upper back does not round.",
        view=ViewKind.SIDE,
        within_deg=BACK_WITHIN_DEG,
        unit="degrees",
        joints=("shoulder",),
        hold_s=0.2,
        priority=5,
        weight=0.7,
        hidden="the edge of the back is hidden",
        by_shape=True,
        faults=(
            Fault(
                direction="rounded",
                metric="spine_upper_deg",
                limit=7.8,
                above=True,
                margin=3.0,
                phases=LOADED,
                low=5.0,
                high=45.0,
                say="Push your chest out",
                reason="rendered hinges read at most 12.8, upper backs that round by 25 and more at least 15.4; called past 13.5",
            ),
        ),
    ),
    Cue(
        id="soft_knees",
        name="Soft knees",
        about="The knees give a little and then stay: neither a squat nor locked.",
        view=ViewKind.SIDE,
        within_deg=SIDE_WITHIN_DEG,
        unit="degrees",
        joints=("knee",),
        hold_s=0.1,
        priority=4,
        weight=1.0,
        hidden="hip, knee or ankle hidden",
        faults=(
            Fault(
                direction="bent",
                metric="knee_flexion_deg",
                limit=30.0,
                above=True,
                margin=3.0,
                phases=BOTTOM,
                low=15.0,
                high=90.0,
                say="Straighten your knees a little",
                reason="rendered hinges bend the knees by at most 28 as measured, squats by 45 and more; called past 35",
            ),
            Fault(
                direction="locked",
                metric="knee_flexion_deg",
                limit=9.0,
                above=False,
                margin=2.0,
                phases=BOTTOM,
                low=0.0,
                high=20.0,
                say="Unlock your knees",
                reason="rendered locked knees read at most 5.1, soft ones 7.8 and more but for one of 6.1; called below 7.2",
            ),
        ),
    ),
    Cue(
        id="neutral_spine",
        name="Neutral spine",
        about="The lower back keeps the shape it has when you stand tall.",
        view=ViewKind.SIDE,
        within_deg=BACK_WITHIN_DEG,
        unit="degrees",
        joints=("hip", "shoulder"),
        hold_s=0.3,
        priority=1,
        weight=2.0,
        hidden="the edge of the back is hidden",
        by_shape=True,
        faults=(
            Fault(
                direction="rounded",
                metric="spine_lower_deg",
                limit=12.2,
                above=True,
                margin=3.0,
                min_lean_deg=LOADED_LEAN_DEG,
                phases=LOADED,
                low=10.0,
                high=45.0,
                say="Flatten your lower back",
                reason="rendered neutral backs read 14 at most, most rounded ones 20 and more, real good lifts briefly 19; called past 18",
            ),
            Fault(
                direction="arched",
                metric="spine_lower_deg",
                limit=-20.0,
                above=False,
                margin=3.0,
                min_lean_deg=LOADED_LEAN_DEG,
                phases=LOADED,
                low=-45.0,
                high=-10.0,
                say="Do not over-arch your back",
                reason="no rendered hinge reads below -11; past the 20 that skilled lifters bend the other way (Bengtsson 2022)",
            ),
        ),
    ),
    Cue(
        id="core_tight",
        name="Core tight",
        about="The trunk moves as one piece. A proxy: how much the shape of the back wanders within a rep.",
        view=ViewKind.SIDE,
        within_deg=BACK_WITHIN_DEG,
        unit="degrees",
        joints=("hip", "shoulder"),
        hold_s=0.2,
        priority=2,
        weight=1.5,
        hidden="the edge of the back is hidden, or leg and buttocks are",
        faults=(
            Fault(
                direction="loose",
                metric="back_drift_deg",
                limit=7.6,
                above=True,
                margin=1.5,
                phases=LOADED,
                low=3.0,
                high=40.0,
                say="Brace your core",
                reason="rendered backs that keep their shape wander by at most 7.8 for that long, loose ones by 10.3; called past 9.0",
            ),
        ),
    ),
    Cue(
        id="knees_out",
        name="Knees out",
        about="The knees push out over the feet, not further.",
        view=ViewKind.FRONT,
        within_deg=FRONT_WITHIN_DEG,
        unit="knee gap / ankle gap",
        joints=("knee",),
        hold_s=0.2,
        priority=7,
        weight=0.7,
        hidden="a knee or ankle is hidden",
        faults=(
            Fault(
                direction="caving",
                metric="knee_ankle_ratio",
                limit=0.88,
                above=False,
                margin=0.03,
                phases=LOADED,
                low=0.5,
                high=1.0,
                say="Push your knees out",
                reason="rendered knees that track read 0.80 and more, caving ones at most 0.76, most of them 0.65; called below 0.76",
            ),
            Fault(
                direction="wide",
                metric="knee_ankle_ratio",
                limit=1.3,
                above=True,
                margin=0.03,
                phases=LOADED,
                low=1.1,
                high=2.0,
                say="Knees in line with your feet",
                reason="rendered knees that track read at most 1.39, those too far out 1.44 and more; called past 1.42",
            ),
        ),
    ),
    Cue(
        id="feet_hip_width",
        name="Feet hip-width",
        about="The feet stand under the hips; a little wider is fine.",
        view=ViewKind.FRONT,
        within_deg=FRONT_WITHIN_DEG,
        unit="ankle gap / hip gap",
        joints=("ankle",),
        hold_s=0.5,
        priority=8,
        weight=0.5,
        hidden="a hip or ankle is hidden",
        faults=(
            Fault(
                direction="narrow",
                metric="ankle_hip_ratio",
                limit=0.85,
                above=False,
                margin=0.05,
                phases=PLANTED,
                low=0.3,
                high=1.0,
                say="Feet a little wider",
                reason="rendered stances of hip width and more read 0.90 and more, narrow ones at most 0.56; called below 0.72",
            ),
            Fault(
                direction="wide",
                metric="ankle_hip_ratio",
                limit=1.98,
                above=True,
                margin=0.05,
                phases=PLANTED,
                low=1.2,
                high=3.5,
                say="Feet closer together",
                reason="rendered stances up to 1.7 hip widths read at most 1.72, wide ones 2.6 and more; called past 2.1",
            ),
        ),
    ),
    Cue(
        id="squeeze_butt",
        name="Squeeze the butt",
        about="Drive the hips through on the way up and finish tall, without leaning back.",
        view=ViewKind.SIDE,
        within_deg=SIDE_WITHIN_DEG,
        unit="degrees",
        joints=("hip",),
        hold_s=0.1,
        priority=3,
        weight=1.0,
        hidden="shoulder, hip or knee hidden",
        faults=(
            Fault(
                direction="short",
                throughout=True,
                metric="hip_flexion_deg",
                limit=7.9,
                above=True,
                margin=3.0,
                phases=TOP,
                low=5.0,
                high=30.0,
                say="Squeeze and stand tall",
                reason="rendered lockouts end at 1 or less as measured, unfinished ones at 24 and more; called past 12.4",
            ),
            Fault(
                direction="leaning_back",
                metric="trunk_lean_deg",
                limit=-2.5,
                above=False,
                margin=1.5,
                phases=TOP,
                low=-30.0,
                high=-1.0,
                say="Stand tall, do not lean back",
                reason="rendered lockouts lean back by 2.2 at most as measured, those that lean back by 8.7 and more; called past 5",
            ),
            Fault(
                direction="hips_first",
                metric="hips_lead_deg",
                limit=13.3,
                above=True,
                margin=3.0,
                phases=RISING,
                low=8.0,
                high=40.0,
                say="Chest and hips rise together",
                reason="rendered: 17 and more where the hips rise first, at most 8 elsewhere; good real lifts up to 20; called past 20.9",
            ),
        ),
    ),
)

BY_ID: Final = {cue.id: cue for cue in CUES}
COLUMN: Final = {cue.id: column for column, cue in enumerate(CUES)}
TABLE_LIMITS: Final = {(cue.id, fault.direction): fault.limit for cue in CUES for fault in cue.faults}

assert all(fault.metric in METRICS for cue in CUES for fault in cue.faults), "a cue names a metric that does not exist"
