"""The nine Stage 1 cues as rows of one table.

Overlay, report, profile file, web form and docs are made from these rows. Every number a coach may change is a ``Fault.limit``.
"""

from dataclasses import dataclass
from typing import Final

from .data import METRICS, Phase, ViewKind

LOADED: Final = frozenset({Phase.DOWN, Phase.BOTTOM, Phase.UP})
BOTTOM: Final = frozenset({Phase.BOTTOM})
TOP: Final = frozenset({Phase.STANDING})  # of a rep: its lockout, until the next one starts
RISING: Final = frozenset({Phase.UP})
PLANTED: Final = frozenset({Phase.STANDING, Phase.BOTTOM})


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to get a cue wrong.

    Wrong while ``metric`` is beyond ``limit`` (above it, or below where ``above`` is False) in one of ``phases``; right again once
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


@dataclass(frozen=True, slots=True)
class Cue:
    """One row: what to watch, from where, how it goes wrong, and how much it matters.

    ``view`` is the camera view it needs. ``joints`` are highlighted when it is wrong. ``hold_s`` is how long a value must stay wrong,
    or right again. ``hidden`` says what was not seen when its metrics are missing; ``against_standing`` that they are taken against
    the lifter's own standing shape. ``priority`` 1 is said first. ``weight`` is its share of a rep's score. ``withheld`` gives the
    reason while the measure is not proven on clips with known truth: the cue is then never judged.
    """

    id: str
    name: str
    about: str
    view: ViewKind
    unit: str
    joints: tuple[str, ...]
    hold_s: float
    priority: int
    weight: float
    hidden: str
    faults: tuple[Fault, ...]
    against_standing: bool = False
    withheld: str | None = None


# Nearer to upright the arms sweep across the edge of the back, and the spine carries little.
LOADED_LEAN_DEG: Final = 25.0

_UNPROVEN: Final = "not yet proven on clips with known truth"

CUES: Final[tuple[Cue, ...]] = (
    Cue(
        id="butt_high",
        name="Butt high",
        about="A string holds the butt up: the hips travel back, they do not sink.",
        view=ViewKind.SIDE,
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
                limit=0.11,
                above=True,
                margin=0.02,
                phases=LOADED,
                low=0.05,
                high=0.4,
                say="Hips back, not down",
                reason="rendered hinges drop 0.02 to 0.08, squats 0.15 to 0.21; a public deadlift tool calls 0.20 squatting",
            ),
        ),
    ),
    Cue(
        id="shoulders_back",
        name="Shoulders back",
        about="The shoulder blades stay pulled back; the arms hang, they do not reach.",
        view=ViewKind.SIDE,
        unit="trunk lengths",
        joints=("shoulder",),
        hold_s=0.2,
        priority=6,
        weight=0.7,
        hidden="the shoulder or the edge of the back is hidden",
        against_standing=True,
        faults=(
            Fault(
                direction="forward",
                metric="shoulder_shift",
                limit=0.06,
                above=True,
                margin=0.01,
                phases=LOADED,
                low=0.02,
                high=0.2,
                say="Shoulders back",
                reason="starting value",
            ),
        ),
        withheld=_UNPROVEN,
    ),
    Cue(
        id="chest_out",
        name="Chest out",
        about="The chest stays proud: the upper back does not round.",
        view=ViewKind.SIDE,
        unit="degrees",
        joints=("shoulder",),
        hold_s=0.2,
        priority=5,
        weight=0.7,
        hidden="the edge of the back is hidden",
        against_standing=True,
        faults=(
            Fault(
                direction="rounded",
                metric="spine_upper_deg",
                limit=20.0,
                above=True,
                margin=3.0,
                phases=LOADED,
                low=10.0,
                high=45.0,
                say="Push your chest out",
                reason="starting value; skilled lifters lose about 13 degrees here (Bengtsson 2022)",
            ),
        ),
        withheld=_UNPROVEN,
    ),
    Cue(
        id="soft_knees",
        name="Soft knees",
        about="The knees give a little and then stay: neither a squat nor locked.",
        view=ViewKind.SIDE,
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
                limit=40.0,
                above=True,
                margin=3.0,
                phases=BOTTOM,
                low=15.0,
                high=90.0,
                say="Straighten your knees a little",
                reason="rendered hinges bend the knees by 14 to 27 as measured, squats by 53 and more",
            ),
            Fault(
                direction="locked",
                metric="knee_flexion_deg",
                limit=7.0,
                above=False,
                margin=2.0,
                phases=BOTTOM,
                low=0.0,
                high=15.0,
                say="Unlock your knees",
                reason="rendered locked knees read 2 to 16, soft ones 14 and more: only what is surely locked is named",
            ),
        ),
    ),
    Cue(
        id="neutral_spine",
        name="Neutral spine",
        about="The lower back keeps the shape it has when you stand tall.",
        view=ViewKind.SIDE,
        unit="degrees",
        joints=("hip", "shoulder"),
        hold_s=0.3,
        priority=1,
        weight=2.0,
        hidden="the edge of the back is hidden",
        against_standing=True,
        faults=(
            Fault(
                direction="rounded",
                metric="spine_lower_deg",
                limit=18.0,
                above=True,
                margin=3.0,
                min_lean_deg=LOADED_LEAN_DEG,
                phases=LOADED,
                low=10.0,
                high=45.0,
                say="Flatten your lower back",
                reason="rendered: true flexion up to 10 degrees reads at most 12, from 33 on at least 29; a rounded upper back 16 to 21",
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
                reason="starting value",
            ),
        ),
    ),
    Cue(
        id="core_tight",
        name="Core tight",
        about="The trunk moves as one piece. A proxy: how much the shape of the back wanders within a rep.",
        view=ViewKind.SIDE,
        unit="degrees",
        joints=("hip", "shoulder"),
        hold_s=0.2,
        priority=2,
        weight=1.5,
        hidden="the edge of the back is hidden",
        against_standing=True,
        faults=(
            Fault(
                direction="loose",
                metric="back_drift_deg",
                limit=15.0,
                above=True,
                margin=3.0,
                phases=LOADED,
                low=8.0,
                high=40.0,
                say="Brace your core",
                reason="starting value",
            ),
        ),
        withheld=_UNPROVEN,
    ),
    Cue(
        id="knees_out",
        name="Knees out",
        about="The knees push out over the feet, not further.",
        view=ViewKind.FRONT,
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
                limit=0.85,
                above=False,
                margin=0.03,
                phases=LOADED,
                low=0.5,
                high=1.0,
                say="Push your knees out",
                reason="starting value",
            ),
            Fault(
                direction="wide",
                metric="knee_ankle_ratio",
                limit=1.45,
                above=True,
                margin=0.03,
                phases=LOADED,
                low=1.1,
                high=2.0,
                say="Knees in line with your feet",
                reason="starting value",
            ),
        ),
        withheld=_UNPROVEN,
    ),
    Cue(
        id="feet_hip_width",
        name="Feet hip-width",
        about="The feet stand under the hips; a little wider is fine.",
        view=ViewKind.FRONT,
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
                limit=0.7,
                above=False,
                margin=0.05,
                phases=PLANTED,
                low=0.3,
                high=1.0,
                say="Feet a little wider",
                reason="starting value",
            ),
            Fault(
                direction="wide",
                metric="ankle_hip_ratio",
                limit=1.7,
                above=True,
                margin=0.05,
                phases=PLANTED,
                low=1.2,
                high=3.5,
                say="Feet closer together",
                reason="starting value",
            ),
        ),
        withheld=_UNPROVEN,
    ),
    Cue(
        id="squeeze_butt",
        name="Squeeze the butt",
        about="Drive the hips through on the way up and finish tall, without leaning back.",
        view=ViewKind.SIDE,
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
                limit=12.0,
                above=True,
                margin=3.0,
                phases=TOP,
                low=5.0,
                high=30.0,
                say="Squeeze and stand tall",
                reason="rendered lockouts end at -9 to 5, unfinished ones at 28 and more",
            ),
            Fault(
                direction="leaning_back",
                metric="trunk_lean_deg",
                limit=-10.0,
                above=False,
                margin=3.0,
                phases=TOP,
                low=-30.0,
                high=-4.0,
                say="Stand tall, do not lean back",
                reason="rendered lockouts lean by -8 to 2, those that lean back by -12 and more",
            ),
            Fault(
                direction="hips_first",
                metric="hips_lead_deg",
                limit=20.0,
                above=True,
                margin=3.0,
                phases=RISING,
                low=8.0,
                high=40.0,
                say="Chest and hips rise together",
                reason="rendered: 24 to 29 where the hips rise first, at most 16 elsewhere; real deadlifts: 43 to 66 against 3 to 23",
            ),
        ),
    ),
)

BY_ID: Final = {cue.id: cue for cue in CUES}
COLUMN: Final = {cue.id: column for column, cue in enumerate(CUES)}

assert all(fault.metric in METRICS for cue in CUES for fault in cue.faults), "a cue names a metric that does not exist"
