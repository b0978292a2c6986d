"""The words of a report: the next cue and its evidence, notes, reasons, and numbers as people read them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ...verdict.cues import BY_ID, CUES, Cue
from ...verdict.scoring import AREAS, EXERCISES


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
    """The next cue in a coach's words, with its evidence: its commonest fault, in how many reps, and the worst of them."""
    if report["next_cue"] is None:
        return None
    cue = BY_ID[report["next_cue"]]
    faults = [(rep, rep["cues"][cue.id]) for rep in report["reps"] if rep["cues"].get(cue.id, {}).get("status") == "fault"]
    if not faults:
        return {"say": cue.name, "cue": cue, "count": 0, "worst": None}
    direction = Counter(said["direction"] for _, said in faults).most_common(1)[0][0]
    alike = [(rep, said) for rep, said in faults if said["direction"] == direction]
    rep, worst = max(alike, key=lambda pair: abs((pair[1]["value"] or 0.0) - (pair[1]["limit"] or 0.0)))
    say = next((fault.say for fault in cue.faults if fault.direction == direction), cue.name)
    return {"say": say, "cue": cue, "count": len(alike), "worst": worst, "rep": rep["index"]}


def _shown(value: float | None, off: float | None, unit: str = "", finer: int = 0) -> str:
    """A value and its uncertainty as people read them: 31 ± 5° or 0.21 ± 0.03. Empty for None."""
    if value is None:
        return ""
    digits = finer + _digits(unit)
    numbers = [f"{round(number, digits) + 0.0:.{digits}f}" for number in (value, off) if number is not None]  # + 0.0: never -0
    return "\u00a0±\u00a0".join(numbers) + ("°" if unit == "degrees" else "")


def _digits(unit: str) -> int:
    """Decimals shown to people; report.json has one more."""
    return 0 if unit == "degrees" else 2


def _measured(said: Mapping[str, Any]) -> str:
    """The value of a judgement with its uncertainty."""
    return _shown(said["value"], said["uncertainty"], said["unit"])


def _against(said: Mapping[str, Any]) -> str:
    """A value and from where the cue is called: "36 ± 5°, called from 34.9°".

    The value gets one digit more where rounding would put it on the other side of that number.
    """
    value, unit = said["value"], said["unit"]
    called_at = said.get("called_at")  # not in reports of earlier versions
    if value is None or called_at is None:
        return _measured(said)
    shown_from = round(called_at, _digits(unit) + 1) + 0.0  # + 0.0: never -0

    def on_its_side(finer: int) -> bool:
        shown = round(value, finer + _digits(unit))
        return bool((shown > shown_from) == (value > called_at) and (shown < shown_from) == (value < called_at))

    figure = _shown(value, said["uncertainty"], unit, 0 if on_its_side(0) else 1)
    return f"{figure}, called from\u00a0{shown_from:g}" + ("°" if unit == "degrees" else "")


def _in_full(said: Mapping[str, Any]) -> str:
    """As ``_against``, with the unit written out: for places where numbers without one would mean nothing."""
    return _against(said) + ("" if said["unit"] == "degrees" else f" {said['unit']}")


def _words(name: str | None) -> str:
    """The name of a direction in words: "leaning_back" -> "leaning back"."""
    return (name or "").replace("_", " ")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _count_of(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


# The filters with which templates of a report write numbers and words.
FILTERS: Final[dict[str, Callable[..., str]]] = {
    **{"shown": _shown, "measured": _measured, "against": _against, "in_full": _in_full},
    **{"words": _words, "sentence": _sentence, "count_of": _count_of},
}
