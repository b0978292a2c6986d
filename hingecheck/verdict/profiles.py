"""A coach's profile: a TOML file becomes a validated, frozen ``Profile``, and back.

Names, ranges and defaults are made from the rows of ``cues.CUES``; a file states only what differs from them. Files before schema 2 state
limits, from which a cue is called only past what the measure may be off; they are read as the values that they meant.
"""

import hashlib
import json
import math
import re
import tomllib
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, create_model, model_validator

from ..errors import ProfileError
from .cues import BY_ID, CUES, Cue, Fault
from .exercise import AUTO
from .exercises import EXERCISES

LONGEST_HOLD_S: Final = 2.0  # a cue that waits longer than this speaks of another rep
SCHEMA: Final = 2  # of files that state from which value a cue is called
LIMITS_SCHEMA: Final = 1  # of files that state limits: those before schema 2, which state no schema
CHOICES: Final = (AUTO, *(exercise.id for exercise in EXERCISES))
LARGEST_FILE: Final = 1 << 16  # bytes; every setting written out takes 6 KB, so more is some other file


class _Table(BaseModel):
    """A TOML table: no unknown keys, no NaN, no guessing of types, no change once made."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _number(default: float, low: float, high: float, unit: str, meaning: str) -> Any:
    """A setting from ``low`` to ``high``, both allowed; its description tells a file's reader and a form the same."""
    return Field(default=default, ge=low, le=high, description=f"{meaning}: {low:g} to {high:g} {unit}")


class RepSettings(_Table):
    """What counts as a repetition, in degrees of hip flexion from standing."""

    start_deg: float = _number(30.0, 15, 60, "degrees", "a rep begins at this hip flexion")
    min_depth_deg: float = _number(45.0, 20, 90, "degrees", "a bend that never reaches this hip flexion is not counted")


class CueSettings(_Table):
    """What a profile says of one cue; each cue's own class adds one value a direction, in the cue's unit."""

    enabled: bool = Field(default=True, description="false: this cue is not judged at all")
    hold_s: float


def _settings_class(cue: Cue) -> type[CueSettings]:
    """The settings class of a row: its defaults and ranges are the row's own."""
    fields: dict[str, Any] = {
        "hold_s": (float, _number(cue.hold_s, 0, LONGEST_HOLD_S, "seconds", "a value must stay wrong, or right again, for so long"))
    }
    for fault in cue.faults:
        meaning = f"{fault.reason}; called when {fault.metric} is {'above' if fault.above else 'below'} this"
        fields[fault.direction] = (float, _number(fault.called_at, fault.low, fault.high, cue.unit, meaning))
    return create_model(cue.id, __base__=CueSettings, __doc__=cue.about, **fields)


_CLASSES: Final = {cue.id: _settings_class(cue) for cue in CUES}
_TABLES: dict[str, Any] = {cue_id: (settings, settings.model_validate({})) for cue_id, settings in _CLASSES.items()}
_CueTables: type[_Table] = create_model("CueTables", __base__=_Table, **_TABLES)


class Profile(_Table):
    """Every number a coach may set. Frozen, hashable, equal by value; the defaults are ``CUES``.

    ``Profile.model_json_schema()`` tells a form each name, range and reason.
    """

    name: Annotated[str, StringConstraints(pattern=r"\S", max_length=255)] = "default"
    exercise: str = Field(default=AUTO, description=f"which exercise is judged; {AUTO}: recognised by itself. One of: {', '.join(CHOICES)}")
    reps: RepSettings = RepSettings()
    cues: _CueTables = _CueTables()  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Numbers that are each in range must also make sense together."""
        if not self.name.isprintable():
            raise ValueError("name: has characters that cannot be shown. Use letters, digits and spaces")
        if self.exercise not in CHOICES:
            raise ValueError(f"exercise: {_shown(self.exercise)} is not known. Choose of: {', '.join(CHOICES)}")
        if self.reps.min_depth_deg < self.reps.start_deg:
            raise ValueError(
                f"reps.min_depth_deg: {self.reps.min_depth_deg:g} is less than start_deg, {self.reps.start_deg:g}. "
                "Give a depth that a rep reaches after it has begun"
            )
        for cue in CUES:
            for lower, upper in product(cue.faults, cue.faults):
                if lower.metric != upper.metric or lower.above or not upper.above:
                    continue
                low, high = self.called_at(cue.id, lower.direction), self.called_at(cue.id, upper.direction)
                if low >= high:
                    raise ValueError(
                        f"cues.{cue.id}: {lower.direction} is {low:g} and {upper.direction} is {high:g}, so nothing would be right. "
                        f"Set {lower.direction} below {upper.direction}"
                    )
        return self

    @classmethod
    def default(cls) -> Self:
        """The profile of the table ``CUES`` as it stands."""
        return cls()

    def cue(self, cue_id: str) -> CueSettings:
        """All settings of one cue; ``KeyError`` for an id that is not in ``CUES``."""
        settings: CueSettings = getattr(self.cues, BY_ID[cue_id].id)
        return settings

    def called_at(self, cue_id: str, direction: str) -> float:
        """The value from which a cue is called, in its unit; ``KeyError`` for a cue or direction that is not in ``CUES``."""
        return float(getattr(self.cue(cue_id), BY_ID[cue_id].fault(direction).direction))

    def limit(self, cue_id: str, direction: str) -> float:
        """The limit that a value's whole interval must pass to be called, in the cue's unit; ``KeyError`` as for ``called_at``."""
        return BY_ID[cue_id].fault(direction).limit_of(self.called_at(cue_id, direction))

    @property
    def limits(self) -> dict[tuple[str, str], float]:
        """Every limit in force: (cue id, direction) -> limit, in the cue's unit."""
        return {(cue.id, fault.direction): self.limit(cue.id, fault.direction) for cue in CUES for fault in cue.faults}

    @property
    def sha256(self) -> str:
        """64 hexadecimal digits that are the same for equal profiles, on any machine and however the file was written."""
        canonical = json.dumps(self.model_dump(), sort_keys=True, separators=(",", ":")).replace(":-0.0", ":0.0")
        return hashlib.sha256(canonical.encode()).hexdigest()


def load(path: Path | str) -> Profile:
    """Read a profile file; ``ProfileError`` says which line or setting of it is wrong and what may stand there."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _error(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from error
    if len(content) > LARGEST_FILE:
        raise _error(f"{path}: too large for a profile. Give a TOML file, as `hingecheck profile new` writes it.")
    try:
        text = content.decode("utf-8-sig")  # Windows editors put a mark in front
    except UnicodeDecodeError as error:
        raise _error(f"{path}: not UTF-8 text (byte {error.start + 1}). Save it as UTF-8, or give another file.") from error
    return loads(text, str(path))


def loads(text: str, name: str = "profile.toml") -> Profile:
    """A profile from TOML text. ``name`` stands in errors, and its stem for the name of a profile that states none."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a plain ValueError
        raise _error(f"{name}: not valid TOML: {error}. Correct it there.") from error
    return validated({"name": Path(name).stem} | table, name)


def validated(table: dict[str, Any], name: str) -> Profile:
    """A profile from plain values, in which JSON or TOML may have stood. ``name`` stands in errors."""
    settings = dict(table)
    schema = settings.pop("schema", LIMITS_SCHEMA)
    if schema not in (LIMITS_SCHEMA, SCHEMA) or not isinstance(schema, int):
        raise _error(f"{name}: schema: {_shown(schema)} is not known here. Write schema = {SCHEMA}, or upgrade hingecheck.")
    limits = schema == LIMITS_SCHEMA
    try:
        return Profile.model_validate(_from_limits(settings) if limits else settings)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        more = f" ({len(problems) - 1} more to correct)" if len(problems) > 1 else ""
        raise _error(f"{name}: {_explained(problems[0], settings if limits else None)}.{more}") from error


def plain(profile: Profile) -> dict[str, Any]:
    """What differs from the defaults as plain values with their schema, which ``validated`` reads; empty where nothing does."""
    settings = profile.model_dump(exclude_defaults=True, exclude={"name"})
    return {"schema": SCHEMA, **settings} if settings else {}


def _from_limits(table: dict[str, Any]) -> dict[str, Any]:
    """The same settings with what limits meant in their place; whatever is no number stays, to be refused."""
    cues = table.get("cues")
    if not isinstance(cues, dict):
        return table
    moved = {}
    for cue_id, settings in cues.items():
        faults = {fault.direction: fault for fault in BY_ID[cue_id].faults} if cue_id in BY_ID else {}
        stated = settings.items() if isinstance(settings, dict) else ()
        called = {key: faults[key].called_from(value) for key, value in stated if key in faults and _is_number(value)}
        moved[cue_id] = {**settings, **called} if isinstance(settings, dict) else settings
    return {**table, "cues": moved}


def _is_number(value: object) -> bool:
    """Whether this is a number that can be added to: no truth value, not infinite, not beyond what a float holds."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def dumps(profile: Profile) -> str:
    """The profile as commented TOML: every setting with unit, range and reason; those at their default are commented out.

    So a file states only what differs, and a better default of a later version reaches it.
    """
    default = Profile.default()
    lines = [
        "# A hingecheck profile: what a coach wants judged, and how strictly.",
        "# A line that begins with #, without a space, shows a default: remove the # to set another value.",
        "",
        f"schema = {SCHEMA}",
        f"name = {json.dumps(profile.name, ensure_ascii=False)}",
        f"# {Profile.model_fields['exercise'].description}",
        f"{'#' if profile.exercise == default.exercise else ''}exercise = {json.dumps(profile.exercise)}",
        "",
        "[reps]",
        *_settings_lines(profile.reps, default.reps),
    ]
    for cue in CUES:
        lines += ["", f"[cues.{cue.id}]", f"# {cue.name}, {cue.view} view. {cue.about}"]
        lines += [f"# Not judged in this version: {cue.withheld}."] if cue.withheld else []
        lines += _settings_lines(profile.cue(cue.id), default.cue(cue.id))
    return "\n".join(lines) + "\n"


def _settings_lines(table: _Table, default: _Table) -> list[str]:
    """A comment and an assignment for each setting of a table."""
    lines = []
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        hidden = "#" if value == getattr(default, name) else ""
        lines += [f"# {field.description}", f"{hidden}{name} = {json.dumps(value)}"]
    return lines


def _explained(problem: Any, limits: dict[str, Any] | None) -> str:
    """One of pydantic's findings in our words: where, what is wrong, what to do; no full stop. ``limits``: what a file of limits states."""
    where, kind, value = problem["loc"], problem["type"], problem["input"]
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    place = ".".join(key if re.fullmatch(r"[\w-]+", key) else repr(key) for key in map(str, where))
    table, field = _field_at(where)
    if field is None:
        names = ["schema", *table.model_fields] if table is Profile else [*table.model_fields]
        known = [*names, *(f"cues.{cue.id}" for cue in CUES if table is Profile and cue.id == place)]
        close = get_close_matches(place.rpartition(".")[2], known, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        return f"{place}: not a setting. {hint}Known here: {', '.join(names)}"
    if isinstance(field.default, _Table):
        return f"{place}: {_shown(value)} is not a table. Write [{place}] and its settings below"
    if isinstance(field.default, bool):
        return f"{place}: {_shown(value)} is neither true nor false. Write one of them"
    if isinstance(field.default, str):
        return f"{place}: {_shown(value)} is not a name. Write 1 to 255 characters in quotes"
    fault = _fault_at(where)
    if limits is not None and fault is not None:
        low, high, unit = fault.limit_of(fault.low), fault.limit_of(fault.high), BY_ID[str(where[1])].unit
        return f"{place}: {_shown(limits['cues'][where[1]][where[2]])} is not allowed. Give a number, {low:g} to {high:g} {unit}"
    return f"{place}: {_shown(value)} is not allowed. Give a number, {field.description.rpartition(': ')[2]}"


def _fault_at(where: tuple[Any, ...]) -> Fault | None:
    """The fault whose value stands at this place, None for another setting."""
    cue = BY_ID.get(str(where[1])) if len(where) == 3 and where[0] == "cues" else None
    return next((fault for fault in cue.faults if fault.direction == where[2]), None) if cue else None


def _field_at(where: tuple[Any, ...]) -> tuple[type[_Table], Any]:
    """The class of the table that a place is in, and the place's own field, None when the table has no such field."""
    table: type[_Table] = Profile
    for key in where[:-1]:
        table = type(table.model_fields[str(key)].default)
    return table, table.model_fields.get(str(where[-1]))


def _shown(value: object) -> str:
    """The value as an error shows it: at most 40 characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of 5000 digits, a table 5000 deep
        return "this"
    return text if len(text) <= 40 else text[:37] + "..."


def _error(message: str) -> ProfileError:
    """The error with this message on one line, whatever stood in the file."""
    return ProfileError("".join(c if c.isprintable() else " " for c in message))


assert all(f.low <= f.called_at <= f.high for cue in CUES for f in cue.faults), "a default is out of its own range"
