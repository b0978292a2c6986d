"""The Python API: a clip or its poses in, a verdict out. ``import hingecheck`` exports it."""

from pathlib import Path

from .drive import clip as one_clip
from .drive.clip import Verdict
from .errors import InputError
from .verdict import profiles
from .verdict.poses import Poses, PoseSource
from .verdict.profiles import Profile
from .verdict.types import ClipInfo
from .vision import estimators

UNRECORDED = "unknown"  # model name of poses that do not record which model estimated them


def analyze(
    path: str | Path,
    *,
    profile: Profile | str | Path | None = None,
    exercise: str | None = None,
    model: str = estimators.DEFAULT,
) -> Verdict:
    """Estimate the poses in a clip and judge them.

    Writes nothing: no report, no video, no recording. Returns when the whole clip has been processed. Every error below is a
    ``HingecheckError`` with a one-line message that says what to do.

    Parameters
    ----------
    path : str or Path
        A video file.
    profile : Profile, str or Path, optional
        The limits to judge by: a profile, or the path of its TOML file. Without one, the default limits.
    exercise : str, optional
        The id of the exercise, or ``"auto"``: recognised by itself. Without one, what the profile says, which is ``"auto"`` by default.
    model : {"full", "lite", "heavy"}
        The pose model. ``heavy`` has to be built first: see ``models/README.md``.

    Returns
    -------
    Verdict
        Poses, measures, repetitions and summary of the clip.

    Raises
    ------
    SourceError
        The clip cannot be read.
    ProfileError
        The profile's file cannot be used.
    InputError
        No pose model or no exercise has this name.
    ModelError
        The model's file is missing or damaged.

    Examples
    --------
    >>> import hingecheck
    >>> verdict = hingecheck.analyze("sample_videos/good.mp4", model="lite")
    >>> verdict.summary.view.kind.value
    'side'
    >>> [rep.complete for rep in verdict.result.reps]
    [True, True, True]
    """
    limits = _profile(profile, exercise)
    info, poses, warnings = one_clip.track(path, model=model)
    return one_clip.judge(info, poses, warnings, profile=limits, model=model)


def judge(poses: PoseSource | str | Path, profile: Profile | str | Path | None = None, *, exercise: str | None = None) -> Verdict:
    """Judge poses that were estimated earlier, without video or pose model.

    Parameters
    ----------
    poses : PoseSource, str or Path
        Poses of T frames, or the path of a ``poses.npz`` that ``hingecheck analyze`` or ``hingecheck live`` wrote. Poses in memory
        have no clip and no model name: ``verdict.clip.path`` is then empty, and its width and height are 0.
    profile : Profile, str or Path, optional
        The limits to judge by: a profile, or the path of its TOML file. Without one, the default limits.
    exercise : str, optional
        As for ``analyze``.

    Returns
    -------
    Verdict
        The poses with measures, repetitions and summary.

    Raises
    ------
    RecordingError
        The file of poses is missing, damaged, or of a schema that this version does not know.
    ProfileError
        The profile's file cannot be used.
    ValueError
        The times of the poses do not increase.

    Examples
    --------
    >>> import hingecheck
    >>> verdict = hingecheck.judge("tests/goldens/rounded_lower_back.poses.npz")
    >>> verdict.summary.next_cue
    'neutral_spine'
    >>> judgement = verdict.result.reps[0].cues["neutral_spine"]
    >>> judgement.status.value, judgement.direction
    ('fault', 'rounded')

    With your own profile:

    >>> mine = hingecheck.Profile.model_validate({"name": "mine", "cues": {"neutral_spine": {"enabled": False}}})
    >>> hingecheck.judge(verdict.poses, mine).result.reps[0].cues["neutral_spine"].status.value
    'not_judged'
    """
    limits = _profile(profile, exercise)
    if isinstance(poses, str | Path):
        return one_clip.retry(poses, profile=limits)
    time_s = poses.time_s
    info = ClipInfo(
        path="",
        sha256="",
        frames=len(poses),
        duration_s=float(time_s[-1] - time_s[0]) if len(time_s) else 0.0,
        width=0,
        height=0,
        rotation_deg=0,
        variable_frame_rate=True,
    )
    return one_clip.judge(info, poses, (), profile=limits, model=UNRECORDED)


def _profile(given: Profile | str | Path | None, exercise: str | None = None) -> Profile:
    profile = Profile.default() if given is None else given if isinstance(given, Profile) else profiles.load(given)
    if exercise is not None and exercise not in profiles.CHOICES:
        raise InputError(f"exercise {exercise}: not known. Choose of: {', '.join(profiles.CHOICES)}.")
    return profile if exercise is None else profile.model_copy(update={"exercise": exercise})


__all__ = ["Poses", "Profile", "Verdict", "analyze", "judge"]
