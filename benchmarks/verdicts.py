"""Compares each cue on each repetition with the truth: what was said, what should have been said, and the rates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hingecheck.verdict.cues import CUES
from hingecheck.verdict.types import Rep, Status

from .stats import match, share
from .tables import Row
from .truth import TrueRep, Truth

# faulty: this cue must be named. allowed: it is true as well and may be named. clean: nothing is wrong with the rep. other: another
# cue is wrong. extra: there is no such rep.
Kind = Literal["faulty", "allowed", "clean", "other", "extra"]
# wrong way: a fault of this cue is named in the wrong direction. missed: the rep was not found.
Said = Literal["fault", "wrong way", "ok", "not judged", "missed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One cue on one repetition of one clip."""

    clip: str
    body: str
    view: str
    cue: str
    kind: Kind
    said: Said

    @property
    def judged(self) -> bool:
        """Whether the cue was judged in this rep."""
        return self.said not in ("not judged", "missed")

    @property
    def untrue(self) -> bool:
        """Whether a fault was named that is not true."""
        return self.said == "wrong way" or (self.said == "fault" and self.kind in ("clean", "other", "extra"))


def verdicts(truth: Truth, found: Sequence[Rep]) -> list[Verdict]:
    """Every cue on every true rep, and on every found rep that matches none."""
    matched = match(truth.reps, found)
    pairs: list[tuple[TrueRep | None, Rep | None]] = [
        (rep, None if at is None else found[at]) for rep, at in zip(truth.reps, matched, strict=True)
    ]
    pairs += [(None, rep) for at, rep in enumerate(found) if at not in matched]
    return [
        Verdict(truth.name, truth.body, truth.view, cue.id, _kind(cue.id, rep), _said(cue.id, rep, seen))
        for rep, seen in pairs
        for cue in CUES
    ]


def _kind(cue: str, rep: TrueRep | None) -> Kind:
    if rep is None:
        return "extra"
    if any(cue == asked for asked, _ in rep.must):
        return "faulty"
    if cue in rep.may:
        return "allowed"
    return "other" if rep.faults else "clean"


def _said(cue: str, rep: TrueRep | None, seen: Rep | None) -> Said:
    if seen is None:
        return "missed"
    judgement = seen.cues[cue]
    if judgement.status != Status.FAULT:
        return "ok" if judgement.status == Status.OK else "not judged"
    ways = {way for asked, way in rep.must if asked == cue} if rep else set()
    return "wrong way" if ways and judgement.direction not in ways else "fault"


def rates(group: Iterable[Verdict]) -> Row:
    """Recall, precision, false alarms and share judged. A rep that is missed or not judged lowers recall."""
    group = list(group)
    of = {kind: [v for v in group if v.kind == kind] for kind in ("faulty", "clean", "other", "extra")}
    named = sum(v.said == "fault" for v in of["faulty"])
    untrue = sum(v.untrue for v in group)
    real = [v for v in group if v.kind != "extra"]
    return {
        "faulty reps": len(of["faulty"]),
        "recall": share(named, len(of["faulty"])),
        "precision": share(named, named + untrue),
        "wrong way": sum(v.said == "wrong way" for v in group),
        "clean reps": len(of["clean"]),
        "false alarms": share(sum(v.untrue for v in of["clean"]), len(of["clean"])),
        "other reps": len(of["other"]),
        "untrue": share(sum(v.untrue for v in of["other"]), len(of["other"])),
        "on no rep": sum(v.untrue for v in of["extra"]),
        "judged": share(sum(v.judged for v in real), len(real)),
    }


def by_cue(all_of: Sequence[Verdict], *, everywhere: bool = False) -> list[Row]:
    """One row per cue and view: the view it needs, others in which it judged, and with ``everywhere`` all views with a rep."""
    rows = []
    for cue in CUES:
        for view in ("side", "front", "oblique"):
            group = [v for v in all_of if v.cue == cue.id and v.view == view]
            if group and (everywhere or view == cue.view or any(v.judged for v in group)):
                rows.append({"cue": cue.id, "view": view, "withheld": cue.withheld is not None} | rates(group))
    return rows


def judged(all_of: Sequence[Verdict]) -> list[Row]:
    """Share of the true repetitions in which each cue was judged, by view."""
    rows = []
    for cue in CUES:
        row: Row = {"cue": cue.id, "needs": str(cue.view)}
        for view in ("side", "oblique", "front"):
            group = [v for v in all_of if v.cue == cue.id and v.view == view and v.kind != "extra"]
            row[view] = share(sum(v.judged for v in group), len(group))
        rows.append(row)
    return rows


def by_clip(all_of: Sequence[Verdict]) -> list[Row]:
    """One row per clip: the faults that must be named, those that were named, and those that are not true."""
    rows = []
    for clip in dict.fromkeys(v.clip for v in all_of):
        group = [v for v in all_of if v.clip == clip]
        rows.append(
            {
                "clip": clip,
                "view": group[0].view,
                "must": _count(v for v in group if v.kind == "faulty"),
                "named": _count(v for v in group if v.kind == "faulty" and v.said == "fault"),
                "true as well": _count(v for v in group if v.kind == "allowed" and v.said == "fault"),
                "untrue": _count(v for v in group if v.untrue),
            }
        )
    return rows


def _count(group: Iterable[Verdict]) -> list[str]:
    """Number of reps per cue: ``["butt_high 3", ...]``, in the order of the table."""
    seen = [v.cue for v in group]
    return [f"{cue.id} {seen.count(cue.id)}" for cue in CUES if cue.id in seen]
