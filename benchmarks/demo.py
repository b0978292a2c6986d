"""``demo``: score the sample clips, compare what was found with what is true, and draw one of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from . import verdicts
from .accuracy import Case, errors
from .tables import cell
from .truth import Truth, load_folder

if TYPE_CHECKING:
    from rich.table import Table

    from hingecheck.verdict.profiles import Profile

DRAWN: Final = "rounded_lower_back"  # a fault that only the contour of the back shows; if this clip is missing, the first one
COLUMNS: Final = ("clip", "view", "reps", "true fault", "cues found", "agree?", "hip")


def show(folder: Path, out: Path, model: str) -> int:
    """Print the table and the files to look at. Returns 1 if a clip could not be scored, else 0."""
    from rich.console import Console

    from hingecheck.drive import batch as batches
    from hingecheck.verdict.profiles import Profile

    console, profile = Console(), Profile.default()
    console.print(f"Scoring the clips in {folder}: some seconds each, unless they are done already.")
    rows = batches.batch(folder, out, profile=profile, model=model, on_clip=lambda row: console.print(f"  {row['path']}", style="dim"))
    truths = {str(truth.clip.relative_to(folder)): truth for truth in load_folder(folder)}
    homes = {job.name: Path(job.folder) for job in batches.jobs(folder, out)}
    scored = {row["path"]: homes[row["path"]] for row in rows if row["status"] == "ok"}

    console.print(table([compared(truths[name], home, profile) for name, home in scored.items() if name in truths]))
    console.print("agree? yes: every fault named, nothing untrue. silent: nothing untrue, but a fault's cue was not judged.")
    console.print("hip: mean error of hip flexion within repetitions, degrees.\n")
    failed = [row for row in rows if row["status"] != "ok"]
    for row in failed:
        console.print(f"failed: {row['error']}", style="red")
    look = [out / "summary.html", *(draw(folder, scored, profile) if scored else ())]
    console.print("Where to look:", *(f"  {path}" for path in look), sep="\n", soft_wrap=True)
    return 1 if failed else 0


def compared(truth: Truth, home: Path, profile: "Profile") -> tuple[str, ...]:
    """A clip as a row of ``COLUMNS``, from the poses in the folder ``home``."""
    from hingecheck.drive import clip as one_clip

    case = Case(truth, one_clip.retry(home / "poses.npz", profile=profile))
    said = verdicts.verdicts(truth, case.seen.result.reps)
    faults = dict.fromkeys(fault for rep in truth.reps for fault in rep.faults)
    found = [f"{cue} {count['fault']}" for cue, count in case.seen.summary.cues.items() if count["fault"]]
    off = errors([case], lambda _: "", only={"hip_flexion_deg"})[0]["mae"]
    return (
        truth.name,
        str(case.seen.summary.view.kind),
        f"{len(case.seen.result.reps)}/{len(truth.reps)}",
        ", ".join(faults).replace("_", " ") or "none",
        "\n".join(found) or "none",
        agrees(said),
        cell(off),
    )


def agrees(said: list[verdicts.Verdict]) -> str:
    """One word for a clip: yes, untrue (a fault was named that is not there), missed, or silent (not judged)."""
    if any(one.untrue for one in said):
        return "untrue"
    unnamed = [one for one in said if one.kind == "faulty" and one.said != "fault"]
    if not unnamed:
        return "yes"
    return "missed" if any(one.judged or one.said == "missed" for one in unnamed) else "silent"


def table(rows: list[tuple[str, ...]]) -> "Table":
    """Rows as a table that fits 80 columns."""
    from rich.table import Table

    colour = {"yes": "green", "silent": "yellow", "missed": "red", "untrue": "red"}
    made = Table(title="What hingecheck found, and what is true", box=None, padding=(0, 1), pad_edge=False, title_justify="left")
    for name in COLUMNS:
        made.add_column(name, no_wrap=name != "true fault", justify="right" if name == "hip" else "left")
    for row in rows:
        made.add_row(*row[:5], f"[{colour[row[5]]}]{row[5]}[/]", row[6])
    return made


def draw(folder: Path, scored: dict[str, Path], profile: "Profile") -> list[Path]:
    """Write the annotated video and the report page of one clip. Returns their paths."""
    from hingecheck.drive import clip as one_clip

    name = next((name for name in scored if Path(name).stem == DRAWN), next(iter(scored)))
    home = scored[name]
    seen = one_clip.retry(home / "poses.npz", profile=profile)
    one_clip.write(home, seen, one_clip.draw(folder / name, home / "annotated.mp4", seen))
    return [home / "report.html", home / "annotated.mp4"]
