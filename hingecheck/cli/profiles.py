"""The commands ``profile new`` and ``profile check``."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .program import OK
from .tables import plain

app = typer.Typer(no_args_is_help=True, help="Write or check a coach's own limits.")


@app.command("new")
def profile_new(file: Annotated[Path, typer.Argument(help="TOML file to write; must not exist.", show_default=False)]) -> int:
    """Write a profile to be changed. It shows every setting with its range and reason."""
    from ..storage.files import atomic
    from ..verdict import profiles

    if file.exists():
        raise InputError(f"{file}: already there. Choose another name, or delete it first.")
    text = profiles.dumps(profiles.Profile(name=file.stem or "hinge"))
    with atomic(file) as draft:
        draft.write_text(text, encoding="utf-8")
    print(plain(f"{file}: written. Change what you like, then try it: hingecheck profile check {file}"))
    return OK


@app.command("check")
def profile_check(file: Annotated[Path, typer.Argument(help="TOML file to check.", show_default=False)]) -> int:
    """Say whether a profile can be used. Says too in what it differs from the default."""
    from ..verdict import profiles
    from ..verdict.cues import CUES

    profile, default = profiles.load(file), profiles.Profile.default()
    print(plain(f"{file}: fine, profile {profile.name!r}"))
    for cue in CUES:
        mine, theirs = profile.cue(cue.id).model_dump(), default.cue(cue.id).model_dump()
        for setting, value in mine.items():
            if value != theirs[setting]:
                print(f"  {cue.id}.{setting} = {value} (default {theirs[setting]})")
    for setting, value in profile.reps.model_dump().items():
        if value != getattr(default.reps, setting):
            print(f"  reps.{setting} = {value} (default {getattr(default.reps, setting)})")
    return OK
