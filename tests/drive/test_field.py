"""Clips as people film them, made from a sample clip: the same verdict, or an honest refusal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import make_clip

from hingecheck.drive import clip as one_clip
from hingecheck.drive.clip import Verdict
from hingecheck.media.sources import open_clip
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import Status

pytestmark = pytest.mark.slow

GOOD = Path(__file__).parents[2] / "sample_videos" / "good.mp4"
FPS, ONE_REP_S = 25, 5.2
Pictures = list[np.ndarray]


@dataclass(frozen=True)
class Maker:
    """Makes clips of some pictures and judges them."""

    folder: Path

    def verdict(self, pictures: Sequence[np.ndarray], fps: int = FPS, times: Sequence[float] | None = None, **options: object) -> Verdict:
        height, width = pictures[0].shape[:2]
        path = make_clip(self.folder / "clip.mp4", pictures, size=(width, height), fps=fps, times=times, options={"crf": "16"})
        tracker = one_clip.upright(one_clip.track, options.get("rotate"))  # type: ignore[arg-type]
        info, poses, warnings = tracker(path, alone=False)
        return one_clip.judge(info, poses, warnings, profile=Profile.default(), model="full")


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(tmp_path_factory.mktemp("field"))


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    with open_clip(GOOD) as clip:
        return [frame.image for frame in clip if frame.time_s < ONE_REP_S]


@pytest.fixture(scope="module")
def base(maker: Maker, pictures: Pictures) -> Verdict:
    return maker.verdict(pictures)


def framed(pictures: Pictures, window: Callable[[float], tuple[float, float, float]]) -> Pictures:
    """What a camera sees that looks at x, y with a zoom, ``window`` of the time; beyond the picture its edge goes on."""
    out = []
    for n, image in enumerate(pictures):
        x, y, zoom = window(n / FPS)
        height, width = image.shape[:2]
        at = np.array([[zoom, 0.0, (1 - zoom) * width / 2 - x], [0.0, zoom, (1 - zoom) * height / 2 - y]])
        out.append(cv2.warpAffine(image, at, (width, height), borderMode=cv2.BORDER_REPLICATE))
    return out


WINDOWS = {
    "a knock": lambda t: (18.0 * (t > 2), -18.0 * (t > 2), 1.0),
    "a tilt": lambda t: (0.0, 25 * np.sin(2 * np.pi * t * 0.11), 1.0),
    "a slow pan": lambda t: (10 * t, 0.0, 1.0),
    "a zoom": lambda t: (0.0, 0.0, 1 + 0.02 * t),
    "by hand": lambda t: (9 * np.sin(8 * t) + 5 * np.sin(19 * t), 8 * np.sin(7 * t + 1) + 5 * np.sin(17 * t), 1.0),
}


@pytest.mark.parametrize("kind", WINDOWS)
def test_a_camera_that_moves_changes_no_angle_by_three_degrees_and_no_verdict(
    kind: str, maker: Maker, pictures: Pictures, base: Verdict
) -> None:
    (still,), (moving,) = base.result.reps, maker.verdict(framed(pictures, WINDOWS[kind])).result.reps
    for name in ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg"):
        assert moving.metrics[name] == pytest.approx(still.metrics[name], abs=3.0)
    assert {k: j.status for k, j in moving.cues.items()} == {k: j.status for k, j in still.cues.items()}


@pytest.mark.parametrize(("quarters", "turn"), [(2, 180), (3, 270)])
def test_a_turned_picture_is_named_and_turned_on_request(quarters: int, turn: int, maker: Maker, pictures: Pictures, base: Verdict) -> None:
    wrong = [np.ascontiguousarray(np.rot90(image, quarters)) for image in pictures]
    assert any(f"--rotate {turn}" in warning for warning in maker.verdict(wrong).summary.warnings)
    righted = maker.verdict(wrong, rotate="auto")
    assert righted.clip.turned_deg == turn
    assert righted.result.reps[0].metrics["hip_flexion_deg"] == pytest.approx(base.result.reps[0].metrics["hip_flexion_deg"], abs=1.0)


def test_a_cut_in_mid_rep_ends_it_uncounted(maker: Maker, pictures: Pictures) -> None:
    other = [image[:, ::-1, ::-1].copy() for image in pictures]  # mirrored, in other colours
    verdict = maker.verdict([*pictures[:60], *other])
    assert len(verdict.result.reps) == 1
    assert any(warning.startswith("cut at 2.4 s") for warning in verdict.summary.warnings)


def test_a_gap_on_the_way_up_gives_no_false_fault(maker: Maker, pictures: Pictures) -> None:
    kept = [n for n in range(len(pictures)) if not 3.0 < n / FPS < 3.45]
    (rep,) = maker.verdict([pictures[n] for n in kept], times=[n / FPS for n in kept]).result.reps
    assert not [cue for cue, judged in rep.cues.items() if judged.status is Status.FAULT]
    assert rep.cues["core_tight"].status is Status.NOT_JUDGED


def test_three_frames_a_second_are_not_judged(maker: Maker, pictures: Pictures) -> None:
    for rep in maker.verdict(pictures[::8], fps=3).result.reps:
        assert rep.score is None
        assert "frames a second" in (rep.cues["soft_knees"].reason or "")


def test_somebody_small_is_asked_to_come_closer(maker: Maker, pictures: Pictures) -> None:
    small = []
    for image in pictures[:75]:
        wall = np.full((1080, 1920, 3), 112, np.uint8)
        wall[640:1000, 825:1095] = cv2.resize(image, (270, 360), interpolation=cv2.INTER_AREA)
        small.append(wall)
    warnings = maker.verdict(small).summary.warnings
    assert any(warning.startswith("too small in the picture") for warning in warnings)
    assert not any("nobody" in warning for warning in warnings)
