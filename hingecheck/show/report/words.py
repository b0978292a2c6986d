"""The words of a report: the next cue and its evidence, notes, reasons, and numbers as people read them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ...verdict.cues import BY_ID, CUES, Cue
from ...verdict.judging import NEARLY
from ...verdict.scoring import AREAS, EXERCISES
from .moments import excess, worst

# Measures without degrees are shown in percent, of what the unit names.
PERCENT_OF: Final = {
    "leg lengths": "of the leg",
    "trunk lengths": "of the trunk",
    "knee gap / ankle gap": "of the gap between the ankles",
    "ankle gap / hip gap": "of the width of the hips",
}
# What the notes on a judgement say -> the same in a coach's words.
PLAINLY: Final = {
    NEARLY: "so near the limit that the measure cannot tell",
    "past the value it is called from for less than": "past the limit, but for less than",
    "your standing shape was not seen or is torn, so only what is plain is named": (
        "you were not seen standing tall before the first rep, so only what is plain is named"
    ),
}


def explained(report: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the templates ``verdict.html``, ``reps.html`` and ``unjudged.html`` need for a report."""
    return {
        "report": report,
        "judged": judged(report),
        "notes": _notes(report["reps"]),
        "unjudged": _unjudged(report["reps"]),
        "work_on": [AREAS[area] for area in report["stage"]["work_on"]],
        "exercises": [EXERCISES[exercise][0] for exercise in report["stage"]["exercises"]],
        "next_cue": _evidence(report),
    }


def judged(report: Mapping[str, Any]) -> list[Cue]:
    """The cues that were judged in at least one rep."""
    return [cue for cue in CUES if any(report["cues"].get(cue.id, {}).get(status) for status in ("ok", "fault"))]


def _notes(reps: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Note on a judgement -> the number that refers to it, in the order in which the table shows them."""
    said = (said for rep in reps for said in rep["cues"].values() if said["status"] != "not_judged")
    return {note: number for number, note in enumerate(dict.fromkeys(one["reason"] for one in said if one["reason"]), 1)}


def _unjudged(reps: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Why cues were not judged: (reason, cue names). A name has the number of reps with it unless it was all of them."""
    counts = Counter(
        (said["reason"] or "not seen", cue_id) for rep in reps for cue_id, said in rep["cues"].items() if said["status"] == "not_judged"
    )
    names: dict[str, list[str]] = {}
    for (reason, cue_id), count in counts.items():
        names.setdefault(reason, []).append(BY_ID[cue_id].name + ("" if count == len(reps) else f" ({count} of {len(reps)} reps)"))
    return list(names.items())


def _evidence(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The next cue in a coach's words, with its evidence: its commonest fault, in how many reps, and the worst of them.

    ``at_s`` is the worst moment, s.
    """
    if report["next_cue"] is None:
        return None
    cue = BY_ID[report["next_cue"]]
    faults = [(rep, rep["cues"][cue.id]) for rep in report["reps"] if rep["cues"].get(cue.id, {}).get("status") == "fault"]
    if not faults:
        return {"say": cue.name, "name": cue.name, "cue": cue, "count": 0, "worst": None, "rep": None, "at_s": None}
    rep, said = faults[worst([(said["direction"], excess(said["value"], said["limit"])) for _, said in faults])]
    say = next((fault.say for fault in cue.faults if fault.direction == said["direction"]), cue.name)
    return {
        **{"say": say, "name": named(said["direction"], cue), "cue": cue, "worst": said, "rep": rep["index"]},
        "count": sum(other["direction"] == said["direction"] for _, other in faults),
        "at_s": rep["bottom_s"] if said["at_s"] is None else said["at_s"],
    }


def named(direction: str | None, cue: Cue) -> str:
    """The name of a fault as a coach says it: "Hips sink". Of a direction that the table no longer has: the cue with it."""
    names: dict[str | None, str] = {fault.direction: fault.name for fault in cue.faults}
    return names.get(direction, f"{cue.name}: {_words(direction)}")


def _shown(value: float | None, off: float | None, unit: str = "", finer: int = 0) -> str:
    """A value and its uncertainty as people read them: 31 ± 5° or 21 ± 3 %. Empty for None."""
    if value is None:
        return ""
    numbers = [f"{_rounded(number, unit, finer):.{finer}f}" for number in (value, off) if number is not None]
    return "\u00a0±\u00a0".join(numbers) + _sign(unit)


def _rounded(value: float, unit: str, finer: int = 0) -> float:
    """A value in degrees or percent, rounded to ``finer`` digits."""
    return round(value * scale(unit), finer) + 0.0  # + 0.0: never -0


def scale(unit: str) -> int:
    """What a value in this unit is multiplied by to be shown: 1 for degrees and seconds, 100 for shares."""
    return 100 if unit in PERCENT_OF else 1


def _sign(unit: str) -> str:
    return "°" if unit == "degrees" else "\u00a0%" if unit in PERCENT_OF else ""


def plain_unit(unit: str) -> str:
    """The unit of the values that are shown: "degrees", or "% of the leg"."""
    return f"% {PERCENT_OF[unit]}" if unit in PERCENT_OF else unit


def _measured(said: Mapping[str, Any]) -> str:
    """The value of a judgement with its uncertainty."""
    return _shown(said["value"], said["uncertainty"], said["unit"])


def _against(said: Mapping[str, Any], about: bool = False) -> str:
    """A value and its limit: "36 ± 5°, limit 35°". ``about``: "about 36°, limit 35°".

    Both get one digit more where rounding would make them equal or put the value on the other side.
    """
    value, unit = said["value"], said["unit"]
    called_at = said.get("called_at")  # not in reports of earlier versions
    off = None if about else said["uncertainty"]
    word = "about\u00a0" if about else ""
    if value is None or called_at is None:
        return word + _shown(value, off, unit) if value is not None else ""

    def on_its_side(finer: int) -> bool:
        shown, limit = (_rounded(number, unit, finer) for number in (value, called_at))
        return bool((shown > limit) == (value > called_at) and (shown < limit) == (value < called_at))

    finer = 0 if on_its_side(0) else 1
    return f"{word}{_shown(value, off, unit, finer)}, limit\u00a0{_rounded(called_at, unit, finer):g}{_sign(unit)}"


def _in_full(said: Mapping[str, Any]) -> str:
    """A value and its limit in a sentence, with what the percent are of: "about 21 %, limit 9 % of the leg"."""
    return f"{_against(said, about=True)} {PERCENT_OF.get(said['unit'], '')}".rstrip()


def _words(name: str | None) -> str:
    """The name of a direction in words: "leaning_back" -> "leaning back"."""
    return (name or "").replace("_", " ")


def _sentence(text: str) -> str:
    """A note or reason as a sentence, in a coach's words."""
    for exact, plain in PLAINLY.items():
        text = text.replace(exact, plain)
    return f"{text[:1].upper()}{text[1:]}."


def _count_of(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


# The filters with which templates of a report write numbers and words.
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **{"shown": _shown, "measured": _measured, "against": _against, "in_full": _in_full},
    **{"words": _words, "sentence": _sentence, "count_of": _count_of, "named": named, "plain_unit": plain_unit, "scale": scale},
}
