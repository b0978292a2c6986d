"""The signs by which exercises are recognised; see ``posture`` for what is measured. Each is a round number with a meaning."""

from typing import Final

from .exercise import Sign

# The trunk: a fold to the floor, or a lifter drawn upside down, leans by more than 110 degrees and is no lift.
BENT_OVER: Final = Sign("lean_deg", 40.0, 110.0)
LEANING: Final = Sign("lean_deg", 30.0, 110.0)
UPRIGHT: Final = Sign("lean_deg", -10.0, 110.0)
LYING: Final = Sign("lean_deg", most=-20.0)

# The knees: a stiff-leg deadlift bends them by up to 50 degrees, a squat by 65 and more; between, it is a hinge that sits.
SOFT: Final = Sign("knee_deg", -15.0, 50.0)
SITTING: Final = Sign("knee_deg", -15.0, 75.0)
LEGS_BENT: Final = Sign("knee_deg", least=50.0)
SQUATTING: Final = Sign("knee_deg", least=65.0)

# The feet: a third of a metre and more between them, fore and aft or in height, is a stand on one leg or a B-stance.
TWO_LEGS: Final = Sign("split", most=0.8, blur=0.2)
ONE_LEG: Final = Sign("split", least=0.8, blur=0.2)
FEET_WIDE: Final = Sign("feet_apart", least=1.3, blur=0.15)
NOT_FEET_WIDE: Final = Sign("feet_apart", most=1.3, blur=0.15, unseen=1.0)

# The arms: they hang, are raised, or the hands are at the shoulders. An arm is as long as the trunk.
STRAIGHT_ARMS: Final = Sign("reach", 0.75, 1.45, blur=0.1)
HANGING: Final = (Sign("arm_deg", -35.0, 35.0), STRAIGHT_ARMS)
RAISED: Final = Sign("arm_deg", least=35.0)
SWUNG: Final = Sign("top_arm_deg", least=45.0, blur=15.0)
NOT_SWUNG: Final = Sign("top_arm_deg", most=45.0, blur=15.0, unseen=1.0)
AT_SHOULDERS: Final = Sign("reach", most=0.75, blur=0.1)
AHEAD: Final = Sign("wrist_ahead", least=0.3, blur=0.15)
BEHIND: Final = Sign("wrist_ahead", most=0.3, blur=0.15)
ELBOWS_UP: Final = Sign("elbow_up", least=-0.15, blur=0.1)
ELBOWS_DOWN: Final = Sign("elbow_up", most=-0.15, blur=0.1)

# The hands above the ankles: at the floor below 20 cm, at the middle of the shin up to 40 cm, else by the knee.
ON_FLOOR: Final = Sign("hands_height", most=0.4, blur=0.1)
OFF_FLOOR: Final = Sign("hands_height", least=0.4, blur=0.1)
LOW: Final = Sign("hands_height", most=0.75, blur=0.15)
HIGH: Final = Sign("hands_height", least=0.75, blur=0.15)
BY_HEIGHT: Final = Sign("hands_height", 0.5, 0.75, blur=0.1)  # the handle of a bell, against a bar
# The plates of a bar cover a leg, seen from the side, in a third and more of the frames of most lifts on labelled footage; a kettlebell
# does in a fifth at most.
PLATED: Final = Sign("leg_covered", least=0.3, blur=0.1)
NOT_PLATED: Final = Sign("leg_covered", most=0.3, blur=0.1, unseen=1.0)

# The hands, one from the other.
HANDS_CLOSE: Final = Sign("hands_apart", most=0.8, blur=0.15, unseen=1.0)
HANDS_WIDE: Final = Sign("hands_apart", least=1.5, blur=0.1, unseen=0.0)
NOT_HANDS_WIDE: Final = Sign("hands_apart", most=1.5, blur=0.1, unseen=1.0)
OUTSIDE: Final = Sign("hands_outside", least=0.0, blur=0.2, unseen=1.0)
INSIDE: Final = Sign("hands_outside", most=0.0, blur=0.2, unseen=1.0)
SEEN_OUTSIDE: Final = Sign("hands_outside", least=0.0, blur=0.2, unseen=0.0)
SEEN_INSIDE: Final = Sign("hands_outside", most=0.0, blur=0.2, unseen=0.0)
