"""What a rating's answers and words mean in hingecheck's cues."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .judged import Way


class Meaning(NamedTuple):
    """An answer to a question, and the ``cue`` that asks the same.

    ``wrong``: the directions that this answer is about. ``called``: whether the cue should be called in one of them, or in none of them.
    """

    question: str
    answer: str
    cue: str
    wrong: tuple[str, ...]
    called: bool


# "slight" stands in no row: either verdict on it is fair.
MEANINGS: Final = (
    Meaning("lower_back", "rounded", "neutral_spine", ("rounded",), True),  # the same question
    Meaning("lower_back", "arched", "neutral_spine", ("arched",), True),  # the same question
    Meaning("lower_back", "neutral", "neutral_spine", ("rounded", "arched"), False),
    Meaning("upper_back", "rounded", "chest_out", ("rounded",), True),  # the same question
    Meaning("upper_back", "neutral", "chest_out", ("rounded",), False),
    Meaning("rise", "hips_first", "squeeze_butt", ("hips_first",), True),  # one of the three ways of this cue
    Meaning("rise", "together", "squeeze_butt", ("hips_first",), False),
    Meaning("lockout", "short", "squeeze_butt", ("short",), True),  # the second way
    Meaning("lockout", "leaning_back", "squeeze_butt", ("leaning_back",), True),  # the third way
    Meaning("lockout", "full", "squeeze_butt", ("short", "leaning_back"), False),
    Meaning("shoulders_standing", "slumped", "shoulders_back", ("forward",), True),  # both look at the lifter standing
    Meaning("shoulders_standing", "back", "shoulders_back", ("forward",), False),
    Meaning("hip_height", "low", "butt_high", ("low",), True),  # "high" has no cue
    Meaning("hip_height", "fitting", "butt_high", ("low",), False),
    Meaning("knees_front", "caving", "knees_out", ("caving",), True),  # the same question
    Meaning("knees_front", "wide", "knees_out", ("wide",), True),  # the same question
    Meaning("knees_front", "ok", "knees_out", ("caving", "wide"), False),
    Meaning("feet", "narrow", "feet_hip_width", ("narrow",), True),  # the same question
    Meaning("feet", "wide", "feet_hip_width", ("wide",), True),  # in a sumo deadlift the cue should not apply
    Meaning("feet", "hip_width", "feet_hip_width", ("narrow", "wide"), False),
)

# Words of ``main_fault``, and the cue and direction that say the same.
WORDS: Final[tuple[tuple[str, Way], ...]] = (
    (r"(?<!upper )back (?:\w+ )?rounds|rounded back|whole back|butt wink|loses its arch", ("neutral_spine", "rounded")),  # the lower back
    (r"over-?arch|arches", ("neutral_spine", "arched")),  # the other way
    (r"upper back|whole back|shoulders (?:a bit )?round|shoulders drop", ("chest_out", "rounded")),  # a raised rib cage sinks
    (r"chest (?:falls|drops)", ("chest_out", "rounded")),  # the nearest there is: the trunk as a whole has no cue
    (r"knee bend|knees? (?:\w+ )?bends?\b|knees ~\d+ bent", ("soft_knees", "bent")),  # more knee than the lift wants
    (r"squats (?:the|it)", ("soft_knees", "bent")),  # a hinge done as a squat shows in the knees
    (r"squats (?:the|it)|hips (?:too )?low", ("butt_high", "low")),  # and in the hips
    (r"stiff legs|straight legs|locked knees", ("soft_knees", "locked")),  # knees that do not give
    (r"hips (?:come up|rise) first|hips first", ("squeeze_butt", "hips_first")),  # as the answer to ``rise``
    (r"leans? back|leaning back", ("squeeze_butt", "leaning_back")),  # as the answer to ``lockout``
    (r"short lockout|not locked out|no lockout", ("squeeze_butt", "short")),  # as the answer to ``lockout``
    (r"slump", ("shoulders_back", "forward")),  # as the answer to ``shoulders_standing``
    (r"knees? (?:come|cave|fall|drop)s? in|caving", ("knees_out", "caving")),  # as the answer to ``knees_front``
    (r"(?:feet|stance) (?:too )?narrow", ("feet_hip_width", "narrow")),  # as the answer to ``feet``
    (r"(?:feet|stance) (?:too )?wide", ("feet_hip_width", "wide")),  # as the answer to ``feet``
)


def faults_named(rating: Mapping[str, Any]) -> set[Way]:
    """The faults of a rating that hingecheck has a cue for, from its answers and from the words of ``main_fault``."""
    answers = {(row.cue, way) for row in MEANINGS if row.called and rating.get(row.question) == row.answer for way in row.wrong}
    text = str(rating.get("main_fault") or "").lower()
    return answers | {way for words, way in WORDS if re.search(words, text)}
