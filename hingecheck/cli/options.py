"""Options that several commands share, with their checks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ..verdict.profiles import Profile


def known(model: str) -> str:
    """Refuse an unknown pose model before any clip is opened."""
    from ..vision import estimators

    return estimators.check(model, "--model ")


def known_or_none(model: str | None) -> str | None:
    """As ``known``; None stays None."""
    return None if model is None else known(model)


ProfileOption = Annotated[Path | None, typer.Option("--profile", help="Limits to judge by (TOML); `profile new` writes one.")]
ModelOption = Annotated[str, typer.Option("--model", callback=known, help="Pose model: lite, full or heavy.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: one a core.")]
EveryFrameOption = Annotated[bool, typer.Option("--every-frame", help="Look at all frames, also of a clip with more than 30 a second.")]

RotateOption = Annotated[
    Literal["auto", "90", "180", "270"] | None,
    typer.Option("--rotate", help="Turn the picture clockwise by so many degrees; auto: if it proves not to be upright."),
]


def profile_of(path: Path | None) -> "Profile":
    """The profile in a file, or the default one."""
    from ..verdict import profiles

    return profiles.Profile.default() if path is None else profiles.load(path)
