"""Requests and answers of the API, as pydantic checks them and OpenAPI describes them."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field, model_validator

from ..verdict.profiles import LIMITS_SCHEMA

Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="As given by the upload or a list.")]
Name = Annotated[str, Query(min_length=1, max_length=1000)]


class Sent(BaseModel, extra="forbid"):
    """What a browser or a program sends: known fields, and text that is text."""

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, content: Any) -> Any:
        if not _encodes(content):
            raise ValueError("half of a character is no text")
        return content


def _encodes(content: Any) -> bool:
    """Whether every string in JSON content can be stored as UTF-8; a lone surrogate, as in a JSON escape of U+D800, cannot."""
    if isinstance(content, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in content)
    if isinstance(content, dict):
        return all(_encodes(part) for pair in content.items() for part in pair)
    return not isinstance(content, list) or all(map(_encodes, content))


class Progress(BaseModel):
    """How far the work on a clip is: frames done of those expected, and seconds left."""

    phase: str
    done: int
    of: int | None
    left_s: float | None


class Clip(BaseModel):
    """A clip and how it stands. ``judged``: a report is there, also while the clip is drawn again.

    ``held_up``: why nothing can be worked on now.
    """

    id: str
    name: str
    athlete: str
    athlete_name: str
    day: date
    bytes: int
    work: Literal["queued", "running", "done", "failed"]
    error: str | None
    judged: bool
    score: int | None
    reps: int | None
    view: str | None
    next_cue: str | None
    notes: str
    progress: Progress | None = None
    held_up: str | None = None


class Athlete(BaseModel):
    """Somebody who is coached. ``settings``: what differs from the default limits."""

    id: str
    name: str
    stage: int | None
    work_on: str
    notes: str
    settings: dict[str, Any]


class Named(Sent):
    """A new athlete."""

    name: str = Field(min_length=1, max_length=1000)


class AthleteChanges(Sent):
    """What to change; what is left out stays. ``stage`` null: as measured."""

    name: str | None = Field(None, min_length=1, max_length=1000)
    stage: Annotated[int, Field(ge=1, le=3)] | None = None
    work_on: str | None = Field(None, max_length=2000)
    notes: str | None = Field(None, max_length=20_000)


class ClipChanges(Sent):
    """What to change; what is left out stays. ``athlete``: the name of another one, known or new."""

    name: str | None = Field(None, min_length=1, max_length=1000)
    day: date | None = None
    notes: str | None = Field(None, max_length=20_000)
    athlete: str | None = Field(None, min_length=1, max_length=1000)


class Settings(Sent):
    """What differs from the default, as in a profile file: ``{"schema": 2, "cues": {"soft_knees": {"bent": 40}}}``.

    Without ``schema`` the numbers are the limits of earlier versions: see docs/profiles.md.
    """

    schema_: int = Field(LIMITS_SCHEMA, alias="schema")
    reps: dict[str, Any] = {}
    cues: dict[str, Any] = {}


class Correction(Sent):
    """A fault or a rep that is none, as the coach sees it. ``bottom_s``: the bottom of the rep. ``cue`` null: the rep itself is none."""

    bottom_s: float = Field(ge=0, allow_inf_nan=False)
    cue: str | None = Field(None, max_length=40)
    direction: str | None = Field(None, max_length=40)


class Session(BaseModel):
    """The token for X-CSRF-Token, and whether the sender is signed in."""

    csrf: str
    signed_in: bool


class Password(Sent):
    """What the coach signs in with."""

    password: str = Field(max_length=1000)
