"""Filmed clips and what two people say of each by eye: ``labels.json`` of a folder."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hingecheck.errors import InputError

from ..truth import off_side

NOT_SURE: Final = (None, "unsure", "not_shown")  # answers that say nothing
VIEWS: Final = ("side", "oblique", "front")
SIDE_WITHIN_DEG: Final = 30.0
FRONT_FROM_DEG: Final = 60.0
USUAL_OFF_DEG: Final = {"side": 0.0, "front": 90.0}  # where a rating has the view's word and no degrees; else oblique

# Exercises whose deepest part is a hinge or a pull from the floor: the lifts that hingecheck is for.
HIP_FAMILY: Final = frozenset(
    {"hinge", "rdl", "stiff_leg", "good_morning", "deadlift_floor", "kb_deadlift_floor", "kb_deadlift", "sumo", "single_leg"}
)

# A label of one author, not two ratings: words of its ``movement`` and the exercise they mean. The first that is in it counts.
AUTHORS_EXERCISE: Final = (
    ("kettlebell deadlift", "kb_deadlift_floor"),
    ("barbell deadlift", "deadlift_floor"),
    ("good morning", "good_morning"),
    ("rdl", "rdl"),
    ("air squat", "squat_air"),
    ("walking", "other"),
)
# Words of its ``fault_label``, and the answers they stand for.
AUTHORS_FAULT: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("rounded", {"lower_back": "rounded", "overall": "bad", "main_fault": "the back rounds"}),
    ("hip_first", {"rise": "hips_first", "overall": "bad", "main_fault": "hips first"}),
    ("correct", {"lower_back": "neutral", "rise": "together", "overall": "good"}),
    ("good", {"lower_back": "neutral", "rise": "together", "overall": "good"}),
)


@dataclass(frozen=True, slots=True)
class Rated:
    """A clip and its two ratings. ``independent``: two people made them; else both hold what the author of the clip says."""

    clip: Path
    group: str
    ratings: tuple[Mapping[str, Any], Mapping[str, Any]]
    independent: bool = True

    def pair(self, question: str) -> tuple[Any, Any] | None:
        """Both answers to a question; None unless both are sure."""
        first, second = (rating.get(question) for rating in self.ratings)
        return None if first in NOT_SURE or second in NOT_SURE else (first, second)

    def alike(self, question: str) -> Any:
        """The answer that both ratings give and are sure of; None otherwise."""
        pair = self.pair(question)
        return pair[0] if pair and pair[0] == pair[1] else None

    @property
    def off_side_deg(self) -> float:
        """Where the camera stands by both guesses, degrees from a square side view, 0 to 90."""
        guesses = [_off_side(rating) for rating in self.ratings]
        return sum(guesses) / len(guesses)

    @property
    def view(self) -> str:
        """One of ``VIEWS``: side up to 30 degrees off, front from 60."""
        return "side" if self.off_side_deg <= SIDE_WITHIN_DEG else "front" if self.off_side_deg >= FRONT_FROM_DEG else "oblique"

    @property
    def exercises(self) -> tuple[str, str]:
        """What each rating calls the lift."""
        first, second = (str(rating.get("exercise") or "unsure") for rating in self.ratings)
        return first, second

    @property
    def hip_family(self) -> bool:
        """Whether both ratings call it a lift of the hip family."""
        return HIP_FAMILY.issuperset(self.exercises)


def load(folder: Path) -> list[Rated]:
    """The rated clips of a folder. ``InputError`` if its labels cannot be used."""
    path = folder / "labels.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        rated = [_rated(folder, entry) for entry in entries]
    except OSError as error:
        raise InputError(f"{path}: cannot be read. Give a folder of clips with labels.json in it.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: not a list of rated clips ({error!r}). benchmarks/README.md has its fields.") from error
    missing = [clip.clip.name for clip in rated if not clip.clip.is_file()]
    if missing:
        raise InputError(f"{path}: names {', '.join(missing)}, which is not in the folder. Add it or take it out of the list.")
    if not rated:
        raise InputError(f"{path}: names no clip. Give a folder of clips with labels.json in it.")
    return rated


def in_fold(rated: Sequence[Rated], part: int, parts: int) -> list[Rated]:
    """The clips of every group that falls to part ``part`` of ``parts``. A group is never divided, and always falls to the same part."""
    return [clip for clip in rated if int(hashlib.sha256(clip.group.encode()).hexdigest(), 16) % parts == part]


def _rated(folder: Path, entry: Mapping[str, Any]) -> Rated:
    clip = folder / entry["path"]
    if "rating_a" in entry:
        return Rated(clip, str(entry["group"]), (dict(entry["rating_a"]), dict(entry["rating_b"])))
    answers = _of_author(entry)
    least, most = entry["reps_min"], entry["reps_max"]
    return Rated(clip, str(entry.get("group", clip.stem)), (answers | {"reps": least}, answers | {"reps": most}), independent=False)


def _of_author(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that one author's label stands for."""
    view, fault = str(entry["view"]), str(entry.get("fault_label", ""))
    movement = str(entry.get("movement", "")).lower()
    exercise = next((name for words, name in AUTHORS_EXERCISE if words in movement), "unsure")
    return {"exercise": exercise, "view": view} | next((answers for word, answers in AUTHORS_FAULT if word in fault), {})


def _off_side(rating: Mapping[str, Any]) -> float:
    guess = rating.get("azimuth_guess")
    return USUAL_OFF_DEG.get(str(rating.get("view")), 45.0) if guess is None else off_side(float(guess))
