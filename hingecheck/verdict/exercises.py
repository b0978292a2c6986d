"""The exercises as rows of one table: how each is recognised, and what is judged in it.

Profile, reports, documents and the choice of cues are made from these rows. Bounds of signs are round numbers that a coach would use:
degrees, trunk lengths (half a metre), shoulder widths. Limits are those of the cue's own row where none is given here. "Labelled footage"
is strangers' lifts with two ratings by eye each.
"""

from typing import Final

from .cues import CUES
from .exercise import OTHER, Exercise, Limit, Sign, Starts, Way
from .signs import (
    AHEAD,
    AT_SHOULDERS,
    BEHIND,
    BENT_OVER,
    BY_HEIGHT,
    ELBOWS_DOWN,
    ELBOWS_UP,
    FEET_WIDE,
    HANDS_CLOSE,
    HANDS_WIDE,
    HANGING,
    HIGH,
    INSIDE,
    LEANING,
    LEGS_BENT,
    LOW,
    LYING,
    NOT_FEET_WIDE,
    NOT_HANDS_WIDE,
    NOT_PLATED,
    NOT_SWUNG,
    OFF_FLOOR,
    ON_FLOOR,
    ONE_LEG,
    OUTSIDE,
    PLATED,
    RAISED,
    SEEN_INSIDE,
    SEEN_OUTSIDE,
    SITTING,
    SOFT,
    SQUATTING,
    STRAIGHT_ARMS,
    SWUNG,
    TWO_LEGS,
    UPRIGHT,
)

ALL: Final[frozenset[Way]] = frozenset((cue.id, fault.direction) for cue in CUES for fault in cue.faults)

ROUNDED, UPPER, CAVING = ("neutral_spine", "rounded"), ("chest_out", "rounded"), ("knees_out", "caving")
SHORT, BACK, FIRST = (("squeeze_butt", direction) for direction in ("short", "leaning_back", "hips_first"))

PULLED: Final[dict[Way, Limit]] = {
    ROUNDED: Limit(24.0, "healthy lifters lose 20 degrees in a deadlift (Bengtsson 2022); labelled footage: neutral backs mostly up to 21"),
    SHORT: Limit(20.0, "unfinished rendered lockouts read 24 and more; labelled footage: full ones up to 16"),
    BACK: Limit(-8.0, "the eye calls it leaning back from about 10 degrees on"),
    FIRST: Limit(45.0, "labelled footage: up to 36 where hips and chest rise together, 57 and more where the hips shoot up"),
}
PULLED_WITHHELD: Final[dict[Way, str]] = {
    ("core_tight", "loose"): "withheld when pulling from the floor: good lifts on labelled footage wander as much as loose ones",
    ("shoulders_back", "forward"): "withheld when pulling from the floor: the load draws the shoulders of good lifters forward",
}
PULL_FAULTS: Final = frozenset({ROUNDED, ("neutral_spine", "arched"), UPPER, CAVING, SHORT, BACK, FIRST})

SQUATTED: Final[dict[Way, Limit]] = {
    ROUNDED: Limit(
        30.0, "the pelvis tilts under in every deep squat; labelled footage: neutral backs read up to 18, tucked ones 32 and more"
    ),
    SHORT: Limit(20.0, "unfinished rendered lockouts read 24 and more; labelled footage: full ones up to 3"),
    FIRST: Limit(28.0, "labelled footage: up to 13 where hips and chest rise together, 30 where the hips come up first"),
    CAVING: Limit(0.65, "feet wider than the hips set the knees further inside; labelled footage: called at 0.61 by one of two"),
}
SQUAT_WITHHELD: Final[dict[Way, str]] = {
    ("core_tight", "loose"): "withheld in squats: good ones on labelled footage wander by up to 17 degrees, loose rendered ones by 10",
    UPPER: "withheld in squats: raised arms and a bar move the edge of the upper back",
}
SQUAT_FAULTS: Final = frozenset({ROUNDED, CAVING, SHORT, FIRST})
NOT_TALL: Final = "withheld in back squats: a bar on the back is carried with the trunk inclined"

EXERCISES: Final[tuple[Exercise, ...]] = (
    Exercise(
        id="hinge",
        name="a hinge drill",
        starts=Starts.TOP,
        stage=1,
        looks=(
            (BENT_OVER, SOFT, TWO_LEGS, Sign("arm_deg", most=-35.0), STRAIGHT_ARMS),
            (BENT_OVER, SOFT, TWO_LEGS, AT_SHOULDERS, AHEAD),
            (BENT_OVER, SOFT, TWO_LEGS, RAISED, STRAIGHT_ARMS),
        ),
        faults=ALL,
        reason="knees soft, trunk bent over, hands on the hips, crossed or reaching: nothing hangs from them",
    ),
    Exercise(
        id="rdl",
        name="a stiff-leg deadlift",
        starts=Starts.TOP,
        stage=2,
        looks=((BENT_OVER, SOFT, *HANGING, OFF_FLOOR, TWO_LEGS, NOT_SWUNG), (LEANING, SITTING, *HANGING, HIGH, TWO_LEGS, NOT_SWUNG)),
        faults=ALL,
        limits={
            ("soft_knees", "bent"): Limit(55.0, "labelled footage: 45 to 55 in good Romanian deadlifts; rendered squats 57 and more"),
            ("butt_high", "low"): Limit(0.12, "knees bent by 50 degrees let the hips sink by 0.1; rendered squats by 0.15"),
            ("shoulders_back", "forward"): Limit(
                0.07, "a load draws the shoulders forward: 0.071 in a good one on labelled footage; rendered slumped ones read 0.079"
            ),
        },
        reason="trunk bent over, arms hanging, hands short of the floor; no camera tells a light bar from none",
    ),
    Exercise(
        id="good_morning",
        name="a good morning",
        starts=Starts.TOP,
        stage=1,
        looks=((LEANING, Sign("knee_deg", -15.0, 55.0), AT_SHOULDERS, BEHIND, TWO_LEGS),),
        faults=ALL,
        reason="a hinge with the hands at the shoulders or behind the back",
    ),
    Exercise(
        id="deadlift_floor",
        name="a deadlift from the floor",
        starts=Starts.FLOOR,
        stage=3,
        looks=(
            (LEANING, LEGS_BENT, *HANGING, LOW, NOT_FEET_WIDE, SEEN_OUTSIDE, TWO_LEGS),
            (LEANING, LEGS_BENT, *HANGING, Sign("hands_height", most=0.5, blur=0.1), NOT_FEET_WIDE, OUTSIDE, TWO_LEGS),
            (BENT_OVER, Sign("knee_deg", least=-15.0), *HANGING, ON_FLOOR, NOT_FEET_WIDE, OUTSIDE, TWO_LEGS),
            (LEANING, LEGS_BENT, *HANGING, LOW, NOT_FEET_WIDE, OUTSIDE, PLATED, TWO_LEGS),
        ),
        faults=PULL_FAULTS,
        limits=PULLED,
        withheld=PULLED_WITHHELD,
        reason="hands outside the feet and low, where a bar lies (22 cm), or plates before the legs; knees bent, hips low by right",
    ),
    Exercise(
        id="kb_deadlift_floor",
        name="a kettlebell deadlift",
        starts=Starts.FLOOR,
        stage=2,
        looks=(
            (LEANING, LEGS_BENT, *HANGING, LOW, SEEN_INSIDE, NOT_FEET_WIDE, TWO_LEGS),
            (Sign("lean_deg", 45.0, 110.0), LEGS_BENT, *HANGING, LOW, SEEN_INSIDE, TWO_LEGS),
            (LEANING, LEGS_BENT, *HANGING, BY_HEIGHT, INSIDE, NOT_PLATED, NOT_FEET_WIDE, TWO_LEGS),
        ),
        faults=PULL_FAULTS,
        limits=PULLED,
        withheld=PULLED_WITHHELD,
        reason="hands inside the feet; from the side, where that is not seen, hands a little higher than a bar lies",
    ),
    Exercise(
        id="sumo",
        name="a sumo deadlift",
        starts=Starts.FLOOR,
        stage=3,
        looks=((Sign("lean_deg", 10.0, 45.0), LEGS_BENT, *HANGING, LOW, FEET_WIDE, INSIDE, TWO_LEGS),),
        faults=PULL_FAULTS,
        limits=PULLED | {CAVING: SQUATTED[CAVING]},
        withheld=PULLED_WITHHELD,
        reason="feet far apart, hands inside them, the trunk more upright (Escamilla 2000)",
    ),
    Exercise(
        id="single_leg",
        name="a single-leg deadlift",
        starts=Starts.TOP,
        stage=2,
        looks=((BENT_OVER, ONE_LEG),),
        faults=frozenset({ROUNDED, UPPER, SHORT}),
        limits={ROUNDED: PULLED[ROUNDED], SHORT: PULLED[SHORT]},
        withheld={
            ("soft_knees", "locked"): "withheld on one leg: the leg that stands is not told from the one that swings",
            ("core_tight", "loose"): PULLED_WITHHELD["core_tight", "loose"].replace("when pulling from the floor", "on one leg"),
        },
        reason="bent over with one foot off the floor or far behind the other (B-stance)",
    ),
    Exercise(
        id="kb_swing",
        name="a kettlebell swing",
        starts=Starts.TOP,
        stage=3,
        looks=((SWUNG, Sign("top_reach", least=0.75, blur=0.1), *HANGING, TWO_LEGS, HIGH),),
        faults=frozenset({ROUNDED, UPPER, CAVING}),
        limits={ROUNDED: PULLED[ROUNDED]},
        withheld={
            SHORT: "withheld in swings: the top is too short to be judged",
            ("core_tight", "loose"): "withheld in swings: no good one is known from the side",
        },
        reason="straight arms raised at the top and hanging at the bottom, hands never near the floor",
    ),
    Exercise(
        id="squat_air",
        name="a squat",
        starts=Starts.TOP,
        stage=2,
        looks=(
            (UPRIGHT, SQUATTING, *HANGING, HIGH, TWO_LEGS, NOT_SWUNG),
            (UPRIGHT, SQUATTING, RAISED, STRAIGHT_ARMS, NOT_HANDS_WIDE, TWO_LEGS),
        ),
        faults=SQUAT_FAULTS,
        limits=SQUATTED,
        withheld=SQUAT_WITHHELD,
        reason="knees bent by 65 degrees and more, arms straight: raised, or hanging short of the floor",
    ),
    Exercise(
        id="squat_goblet",
        name="a goblet squat",
        starts=Starts.TOP,
        stage=2,
        looks=((UPRIGHT, SQUATTING, AHEAD, Sign("reach", most=0.95, blur=0.1), HANDS_CLOSE, ELBOWS_DOWN, TWO_LEGS),),
        faults=SQUAT_FAULTS,
        limits=SQUATTED,
        withheld=SQUAT_WITHHELD,
        reason="a squat with both hands before the chest, elbows down",
    ),
    Exercise(
        id="squat_front",
        name="a front squat",
        starts=Starts.TOP,
        stage=2,
        looks=((UPRIGHT, SQUATTING, AT_SHOULDERS, ELBOWS_UP, TWO_LEGS),),
        faults=SQUAT_FAULTS,
        limits=SQUATTED,
        withheld=SQUAT_WITHHELD,
        reason="a squat with the hands at the shoulders and the elbows as high as these",
    ),
    Exercise(
        id="squat_back",
        name="a back squat",
        starts=Starts.TOP,
        stage=2,
        looks=((UPRIGHT, SQUATTING, AT_SHOULDERS, BEHIND, ELBOWS_DOWN, TWO_LEGS), (UPRIGHT, SQUATTING, RAISED, HANDS_WIDE, TWO_LEGS)),
        faults=SQUAT_FAULTS - {SHORT},
        limits={way: limit for way, limit in SQUATTED.items() if way != SHORT},
        withheld=SQUAT_WITHHELD | {SHORT: NOT_TALL},
        reason="a squat with the hands at or behind the shoulders, elbows down, or wide apart on a bar",
    ),
    Exercise(
        id="hip_thrust",
        name="a hip thrust",
        starts=Starts.LYING,
        stage=2,
        looks=((LYING, Sign("thigh_deg", least=60.0)),),
        faults=frozenset({SHORT}),
        limits={SHORT: Limit(33.0, "labelled footage: full lockouts read up to 26, compared with people's usual standing")},
        withheld={ROUNDED: "withheld in hip thrusts: the bench hides the edge of the back"},
        reason="the trunk leans back or lies, the knees stand up",
    ),
    Exercise(
        id=OTHER,
        name="an exercise that is not known",
        starts=Starts.TOP,
        stage=None,
        looks=(),
        faults=frozenset(),
        reason="no row fits by half, or two fit alike: it is counted and measured, and not judged",
    ),
)
BY_ID: Final = {exercise.id: exercise for exercise in EXERCISES}
NUMBER: Final = {exercise.id: number for number, exercise in enumerate(EXERCISES)}
