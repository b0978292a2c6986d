"""What commands print: reports, the table of cues, the doctor's findings."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..doctor import Check


# What a terminal obeys instead of showing it, and what turns the order of letters round.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(text: object) -> str:
    """Text from a file or its name as a terminal may show it: control characters as escapes, which no terminal obeys."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), str(text))


def one_line(message: str) -> str:
    """A message on one line, as a terminal may show it: each run of white space becomes one blank."""
    return plain(" ".join(message.split()))


def as_json(content: Any) -> str:
    """Content as JSON text that a terminal may show. Control characters are escapes in it, which JSON reads back unchanged."""
    return re.sub(r"[\x7f-\x9f\u061c\u200e-\u200f\u2028-\u202e\u2066-\u2069]", _escaped, json.dumps(content, ensure_ascii=False, indent=1))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def report(content: Mapping[str, Any], folder: Path | None = None) -> None:
    """Print a report: one row per rep, what is fine, what was not judged, and what to practise next."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from ..verdict.cues import BY_ID
    from ..verdict.exercise import OTHER
    from ..verdict.exercises import BY_ID as EXERCISE

    console = Console(highlight=False, markup=False, emoji=False)
    view, reps, score = content["view"], content["reps"], content["score"]
    facts = [f"{view['kind']} view", view["facing"] and f"facing {view['facing']}"]
    named = content.get("exercise", OTHER)  # reports of earlier versions name none
    facts += [EXERCISE[named].noun] if named != OTHER else []
    facts += [count(len(reps), "rep")]
    facts += [] if score is None else [f"score {score}"]
    console.print(f"{plain(content['clip']['path'])}: {', '.join(filter(None, facts))}", style="bold", soft_wrap=True)
    if reps:
        table = Table(box=box.SIMPLE, pad_edge=False)
        for name in ("rep", "bottom", "hip", "knee", "trunk", "score"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("to change", overflow="fold")
        for rep in reps:
            measures = (rep["metrics"].get(m) for m in ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg"))
            angles = ("-" if m is None else f"{m:.0f}°" for m in measures)
            rep_score = "-" if rep["score"] is None else str(rep["score"])
            table.add_row(str(rep["index"]), f"{rep['bottom_s']:.1f} s", *angles, rep_score, "\n".join(_wrong(rep)))
        console.print(table)
    for warning in content["tracking"]["warnings"]:
        console.print(f"note: {plain(warning)}")
    fine = {c: count["ok"] for c, count in content["cues"].items() if count["ok"] and not count["fault"]}
    if fine:
        names = [BY_ID[c].name.lower() + (f" ({ok} of {count(len(reps), 'rep')})" if ok < len(reps) else "") for c, ok in fine.items()]
        console.print(f"fine: {', '.join(names)}")
    unjudged = {c: str(reps[0]["cues"][c]["reason"]) for c, count in content["cues"].items() if reps and count["not_judged"] == len(reps)}
    for why in dict.fromkeys(unjudged.values()):
        console.print(f"not judged: {', '.join(BY_ID[c].name.lower() for c, w in unjudged.items() if w == why)} ({why})")
    if content["next_cue"]:
        cue = BY_ID[content["next_cue"]]
        console.print(f"practise next: {cue.name.lower()}. {cue.about}", style="bold")
    if folder is not None:
        console.print(f"see {plain(folder / 'report.html')}", soft_wrap=True)


def _wrong(rep: Mapping[str, Any]) -> list[str]:
    """What to change in a rep, one line per fault: "soft knees: bent, 41° (called from 34.9°)"."""
    from ..verdict.cues import BY_ID

    lines = []
    for cue, said in rep["cues"].items():
        if said["status"] == "fault":
            unit = "°" if said["unit"] == "degrees" else ""
            against = f"{said['value']:g}{unit} (called from {said['called_at']:.3g}{unit})"
            lines.append(f"{BY_ID[cue].name.lower()}: {said['direction'].replace('_', ' ')}, {against}")
    return lines or ["nothing" if any(said["status"] == "ok" for said in rep["cues"].values()) else "not judged"]


def count(number: int, thing: str) -> str:
    """A number with its noun: 1 rep, 2 reps."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def cue_rows() -> list[dict[str, Any]]:
    """The table of cues as plain values."""
    from ..verdict.cues import CUES

    return [
        {
            "id": cue.id,
            "name": cue.name,
            "about": cue.about,
            "view": cue.view,
            "within_deg": cue.within_deg,
            "unit": cue.unit,
            "judged": cue.withheld is None,
            "reason": cue.withheld,
            "faults": [
                {
                    "direction": fault.direction,
                    "measure": fault.metric,
                    "wrong_when": "above" if fault.above else "below",
                    "called_at": fault.called_at,
                    "uncertainty": fault.usual_spread,
                    "limit": fault.limit,
                    "allowed": [fault.low, fault.high],
                    "during": [phase.name.lower() for phase in sorted(fault.phases)],
                    "throughout": fault.throughout,
                    "min_lean_deg": fault.min_lean_deg,
                    "say": fault.say,
                    "reason": fault.reason,
                }
                for fault in cue.faults
            ],
        }
        for cue in CUES
    ]


def cues() -> None:
    """Print the table of cues: view, from where each is called, words. Then the cues that are not judged."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from ..verdict.cues import CUES

    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("cue", "view", "called from"):
        table.add_column(name, no_wrap=True)
    table.add_column("says", overflow="fold")
    for cue in CUES:
        unit = {"degrees": "°"}.get(cue.unit, "" if "/" in cue.unit else f" {cue.unit}")
        for fault in cue.faults:
            wrong = f"{fault.metric} {'>' if fault.above else '<'} {fault.called_at:g}{unit}\n± {fault.usual_spread:g}{unit}"
            table.add_row(cue.id, cue.view, wrong, fault.say)
    console = Console(highlight=False)
    console.print(table)
    withheld = {cue.id: cue.withheld for cue in CUES if cue.withheld is not None}
    for why in dict.fromkeys(withheld.values()):
        console.print(f"not judged: {', '.join(c for c, w in withheld.items() if w == why)} ({why})")


def checks(found: "Iterable[Check]") -> None:
    """Print what the doctor found, one line per check, with the remedy."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)  # a command to copy must stay on one line
    for check in found:
        colour = {"ok": "green", "warn": "yellow", "fail": "red"}[check.verdict.value]
        advice = f". {escape(plain(check.remedy))}" if check.remedy else ""
        console.print(f"[{colour}]{check.verdict.value:4}[/{colour}] {check.name}: {escape(plain(check.detail))}{advice}")
