"""The tables in docs/ that repeat numbers of the code, written from the code::

    python -m tests.make_docs

puts each between its marks; ``test_docs`` says when that was forgotten.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path

from hingecheck.verdict import (
    baseline,
    bottoms,
    calibration,
    coaching,
    confidence,
    coverage,
    judging,
    metrics,
    phases,
    recognise,
    scoring,
    series,
    views,
)
from hingecheck.verdict.cues import CUES, Cue, Fault
from hingecheck.verdict.exercise import Sign
from hingecheck.verdict.exercises import EXERCISES
from hingecheck.verdict.profiles import Profile

DOCS = Path(__file__).parents[1] / "docs"


def cue_table() -> str:
    """The nine cues: from where each is judged, and how much it counts."""
    rows = [(f"`{cue.id}`", cue.name, str(cue.view), within(cue), cue.priority, f"{cue.weight:g}", f"{cue.hold_s:g} s") for cue in CUES]
    return table(("cue", "name", "seen from the", "up to", "priority", "weight", "hold"), rows)


def within(cue: Cue) -> str:
    """How far off its square view a cue is judged."""
    return "not judged" if cue.withheld else f"{cue.within_deg:g}° off"


def fault_table() -> str:
    """Every way to get a cue wrong, from where it is called and why there."""
    rows = [
        (
            *(f"`{cue.id}`", f"`{fault.direction}`", called_when(cue, fault), f"{fault.usual_spread:g}", during(fault)),
            *(f"{fault.low:g} to {fault.high:g}", f"{fault.worst_by:g}", fault.reason),
        )
        for cue in CUES
        for fault in cue.faults
    ]
    return table(("cue", "direction", "called when", "±", "during", "a profile may set", "worst", "why there"), rows)


def called_when(cue: Cue, fault: Fault) -> str:
    """The comparison that makes a fault: "`butt_drop` > 0.11 leg lengths"."""
    unit = {"degrees": "°"}.get(cue.unit, "" if "/" in cue.unit else f" {cue.unit}")
    return f"`{fault.metric}` {'>' if fault.above else '<'} {fault.called_at:g}{unit}"


def during(fault: Fault) -> str:
    """The phases that count, in order."""
    words = ", ".join(phase.name.lower() for phase in sorted(fault.phases))
    words += f", leaning {fault.min_lean_deg:g}° or more" if fault.min_lean_deg is not None else ""
    return words + (", all the time" if fault.throughout else "")


def area_table() -> str:
    """The area that each fault points at."""
    rows = [(f"`{cue_id}`", f"`{direction}`", f"`{area}`", scoring.AREAS[area]) for (cue_id, direction), area in scoring.AREA_OF.items()]
    return table(("cue", "direction", "area", "in words"), rows)


def exercise_table() -> str:
    """The exercises of the next stage in their usual order, and the cues that each one trains."""
    rows = [
        (f"`{exercise}`", name, ", ".join(f"`{cue.id}`" for cue in CUES if cue.id in trains))
        for exercise, (name, trains) in scoring.EXERCISES.items()
    ]
    return table(("exercise", "in words", "trains"), rows)


def number_table() -> str:
    """Numbers that no profile changes, with what they decide."""
    reps = Profile.default().reps
    rows = [
        (f"{series.MIN_SCORE:g}", "a landmark that the pose model calls less likely than this is not used"),
        (f"{metrics.LEG_SURE:g}", "from the side, the knee is not measured if a landmark of the leg is less likely than this"),
        (
            f"{views.SIDE_WITHIN_DEG:g}°, {views.FRONT_WITHIN_DEG:g}°",
            "how far from square a view is still called side or front",
        ),
        (f"{views.LEGS_WITHIN_DEG:g}°", "how far from a square side view the mirror still takes a lifter for set"),
        (f"{metrics.GAPS_BEYOND_DEG:g}°", "nearer to a side view than this, geometry has no gaps between left and right for the lens"),
        (f"{series.WIDEST_GAP}", "how many hidden places in a row along the back are bridged"),
        (f"{baseline.STAND_S:g} s", "how long a stand must last to be learnt as the standing shape"),
        (f"{baseline.STAND_LEAN_DEG:g}°, {baseline.STAND_FLEXION_DEG:g}°", "trunk lean and hip flexion that still count as standing"),
        (
            f"{baseline.TURNED_DEG:g}°, {baseline.MOVED:g}, {baseline.RESIZED:g}",
            "turn, leg lengths to the side, and share of size after which the standing shape is learnt anew",
        ),
        (
            f"{calibration.OWN_DEG:g}°",
            "a standing lifter's angles that differ from the usual by up to this are taken for the landmarks' error",
        ),
        (
            f"{calibration.HEAD_BACK_DEG:g}°, {calibration.HEAD_DOWN_DEG:g}°",
            "turn of the head up or down against the trunk since standing; past either the upper back is not measured",
        ),
        (f"{calibration.ROUND_DEG:g}°", "an upper back rounded beyond this takes its share off the lower one"),
        (
            "{:g}°, {:g}°".format(*calibration.REAR_GIVES_WAY_DEG),
            "knee flexion by landmarks: the rear edge alone gives thigh and shin up to the first, landmarks alone from the second on",
        ),
        (f"{series.TORN:g}", "leg lengths: a rear edge of the legs with a larger step between neighbours is not used"),
        (
            f"{baseline.STEEPEST:g}",
            "trunk lengths: with a larger step in the standing contour the shoulders are not measured, and the back is less certain",
        ),
        (f"{1 / confidence.LEAST_SURE:g} times", "how much wider an interval gets at most for doubtful landmarks"),
        (f"{reps.start_deg:g}°", "hip flexion at which a rep begins (a profile may change it)"),
        (f"{reps.min_depth_deg:g}°", "hip flexion that a bend must reach to count (a profile may change it)"),
        (f"{phases.MIN_LEAN_DEG:g}°", "trunk lean that a bend must reach to count"),
        (f"{phases.RISE_DEG:g}°", "how much further than at the last top the hips must bend, at least, before a new rep begins"),
        (f"{phases.NEAR_BOTTOM_DEG:g}°", "the bottom: slow, and within this of the deepest point"),
        (f"{bottoms.BOTTOM_DEG:g}°", "what a rep's measures are the means of: the frames within this of the deepest"),
        (f"{phases.TOP_S:g} s", "how long a top is watched before the rep is closed"),
        (f"{phases.LOST_S:g} s", "a lifter unseen for longer has left: a rep under way is dropped"),
        (f"{recognise.LEAST_SCORE:g}, {recognise.LEAST_SURE:g}", "how well an exercise must fit, and how sure that must be, to be named"),
        (f"{scoring.NAMED_SHARE:.0%}", "share of the reps that must have a name, or the session has none"),
        (f"{phases.LYING_DEG:g}°", "a trunk that leans back by this lies: its bends count without a lean forward"),
        (f"{coverage.FEWEST_HZ:g}", "frames a second: with fewer, no cue of a rep is judged"),
        (f"{coverage.GAP_S:g} s", "a gap longer than this hides what lies in it: a cue that needs it is not judged"),
        (f"{judging.SEEN_SHARE:.0%}", "share of the frames that count which must be seen for a cue to be judged"),
        (f"{coaching.SHOWN_S:g} s", "how long a cue stays on the picture, unless a more important one comes"),
    ]
    return table(("number", "what it decides"), rows)


def known_exercise_table() -> str:
    """The exercises that are recognised: by what, where they start, and which cues are judged in them."""
    rows = [
        (
            *(f"`{row.id}`", row.name, row.starts, "" if row.stage is None else row.stage, row.reason),
            "all" if all(row.judges(cue.id) for cue in CUES) else ", ".join(f"`{cue.id}`" for cue in CUES if row.judges(cue.id)),
        )
        for row in EXERCISES
    ]
    return table(("exercise", "in words", "starts", "stage", "recognised by", "cues judged"), rows)


def sign_table() -> str:
    """Every look of every exercise: all of these have to be so."""
    rows = [(f"`{row.id}`", "; ".join(f"`{sign.measure}` {bounds(sign)}" for sign in look)) for row in EXERCISES for look in row.looks]
    return table(("exercise", "signs"), rows)


def bounds(sign: Sign) -> str:
    """Where a sign's measure lies, and how blurred its bounds are: "40 to 110 ± 10"."""
    if sign.least == -math.inf:
        return f"< {sign.most:g} ± {sign.blur:g}"
    return f"> {sign.least:g} ± {sign.blur:g}" if sign.most == math.inf else f"{sign.least:g} to {sign.most:g} ± {sign.blur:g}"


def own_limit_table() -> str:
    """From where faults are called in an exercise, where that is not the table's own value; and what is withheld in it."""
    rows: list[tuple[object, ...]] = [
        (f"`{row.id}`", f"`{cue_id}`", f"`{direction}`", f"{limit.called_at:g}", limit.reason)
        for row in EXERCISES
        for (cue_id, direction), limit in row.limits.items()
    ]
    rows += [
        (f"`{row.id}`", f"`{cue_id}`", f"`{direction}`", "not judged", why)
        for row in EXERCISES
        for (cue_id, direction), why in row.withheld.items()
    ]
    return table(("exercise", "cue", "direction", "called from", "why there"), rows)


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "exercises.md": {"exercises": known_exercise_table, "signs": sign_table, "limits": own_limit_table},
    "measures.md": {"cues": cue_table, "faults": fault_table, "numbers": number_table},
    "scoring.md": {"areas": area_table, "exercises": exercise_table},
}


def filled(name: str) -> str:
    """The text of a document with its tables as the code would have them."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for mark, make in TABLES[name].items():
        pattern = rf"(<!-- {mark}: made by tests/make_docs.py -->\n).*?(<!-- end -->)"
        text, found = re.subn(pattern, lambda match, make=make: match[1] + make() + "\n" + match[2], text, flags=re.DOTALL)
        assert found == 1, f"{name}: no marks for {mark}"
    return text


def main() -> None:
    """Write the tables."""
    for name in TABLES:
        (DOCS / name).write_text(filled(name), encoding="utf-8")
        print(f"docs/{name}: written")


if __name__ == "__main__":
    main()
