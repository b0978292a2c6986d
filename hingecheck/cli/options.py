"""Options that several commands share, with their checks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..errors import InputError

if TYPE_CHECKING:
    from ..verdict.profiles import Profile


def known(model: str) -> str:
    """Refuse an unknown pose model before any clip is opened."""
    from ..vision import estimators

    return estimators.check(model, "--model ")


def known_or_none(model: str | None) -> str | None:
    """As ``known``; None stays None."""
    return None if model is None else known(model)


def exercise_or_none(exercise: str | None) -> str | None:
    """Refuse an unknown exercise before any clip is opened; None stays None."""
    from ..verdict import profiles

    if exercise is not None and exercise not in profiles.CHOICES:
        raise InputError(f"--exercise {exercise}: not known. Choose of: {', '.join(profiles.CHOICES)}.")
    return exercise


ProfileOption = Annotated[Path | None, typer.Option("--profile", help="Limits to judge by (TOML); `profile new` writes one.")]
ModelOption = Annotated[str, typer.Option("--model", callback=known, help="Pose model: lite, full or heavy.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: one a core.")]
EveryFrameOption = Annotated[bool, typer.Option("--every-frame", help="Look at all frames, also of a clip with more than 30 a second.")]
ExerciseOption = Annotated[
    str | None, typer.Option("--exercise", callback=exercise_or_none, help="The exercise, or auto: recognised by itself, the default.")
]

RotateOption = Annotated[
    Literal["auto", "90", "180", "270"] | None,
    typer.Option("--rotate", help="Turn the picture clockwise by so many degrees; auto: if it proves not to be upright."),
]


def profile_of(path: Path | None, exercise: str | None = None) -> "Profile":
    """The profile in a file, or the default one; with an exercise set by hand, that one."""
    from ..verdict import profiles

    profile = profiles.Profile.default() if path is None else profiles.load(path)
    return profile if exercise is None else profile.model_copy(update={"exercise": exercise})
