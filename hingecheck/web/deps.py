"""What the answers need first: the server's store and processes, a row that must exist, the verdict on its poses."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request

from ..drive import clip as one_clip
from ..show import report
from ..verdict.profiles import Profile, plain, validated
from . import corrections, work
from .database import Row
from .jobs import Crew
from .schemas import Athlete, Clip, Settings
from .store import Store, profile_of


def store(request: Request) -> Store:
    """The store of the server that answers."""
    found: Store = request.app.state.store
    return found


def crew(request: Request) -> Crew:
    """The crew of the server that answers: it runs the worker processes."""
    found: Crew = request.app.state.crew
    return found


def clip_or_404(request: Request, clip_id: str) -> Row:
    """A clip with its report; 404 if there is no such clip."""
    return _there(store(request).clip(clip_id), "clip")


def judged_or_404(request: Request, clip_id: str) -> Row:
    """A clip that has a report."""
    clip = clip_or_404(request, clip_id)
    if clip["report"] is None:
        raise HTTPException(404, f"{clip['name']}: not analysed yet.")
    return clip


def athlete_or_404(request: Request, athlete_id: str) -> Row:
    """An athlete; 404 if there is no such athlete."""
    return _there(store(request).athlete(athlete_id), "athlete")


def _there(row: Row | None, what: str) -> Row:
    if row is None:
        raise HTTPException(404, f"no such {what}. It may have been deleted.")
    return row


def shown(clip: Row, progress: dict[str, Any], trouble: str | None = None) -> Clip:
    """A clip's row as an answer, with its progress, or with the ``trouble`` that keeps all clips from being worked on."""
    now = progress.get(clip["id"])
    waits = trouble if now is None and clip["work"] in ("queued", "running") else None
    return Clip.model_validate({**clip, "progress": None if now is None else asdict(now), "held_up": waits})


def shown_athlete(row: Row) -> Athlete:
    """An athlete's row as an answer."""
    return Athlete.model_validate({**row, "settings": json.loads(row["settings"])})


def verdict_of(request: Request, clip: Row, profile: Profile | None = None) -> one_clip.Verdict:
    """A clip judged from its poses, by ``profile`` or else by its athlete's limits."""
    poses = store(request).folder(clip["id"]) / "poses.npz"
    if not poses.exists():
        raise HTTPException(409, f"{clip['name']}: not analysed yet.")
    verdict = corrections.applied(one_clip.retry(poses, profile=profile or profile_of(clip)), corrections.load(poses.parent))
    return replace(verdict, clip=replace(verdict.clip, path=clip["name"]))


def differing(settings: Settings, name: str) -> dict[str, Any]:
    """The settings that differ from the default. ``ProfileError`` if one is not allowed."""
    return plain(validated({"name": name, **settings.model_dump(by_alias=True)}, "limits"))


def still(request: Request, clip_id: str, moment: report.Moment) -> Path | None:
    """The file of a moment's picture, or None if it was not drawn."""
    file = store(request).folder(clip_id) / "stills" / work.still_name(moment.rep, moment.cue, moment.time_s)
    return file if file.exists() else None
