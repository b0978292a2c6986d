"""What is known of a clip: its report in three forms, its figures, videos and stills."""

from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse

from ..show import report
from ..verdict.cues import BY_ID
from ..verdict.profiles import validated
from ..verdict.types import METRICS
from .deps import clip_or_404, judged_or_404, still, store, verdict_of
from .schemas import Id, Settings

router = APIRouter(prefix="/api")


@router.get("/clips/{clip_id}/report.json")
def report_json(request: Request, clip_id: Id) -> dict[str, Any]:
    """The report, as docs/commands.md describes it."""
    content: dict[str, Any] = judged_or_404(request, clip_id)["report"]
    return content


@router.post("/clips/{clip_id}/judge")
def judge(request: Request, clip_id: Id, settings: Settings) -> dict[str, Any]:
    """The report a clip would have under other limits; nothing is kept."""
    clip = judged_or_404(request, clip_id)
    return verdict_of(request, clip, validated({"name": "tried", **settings.model_dump(by_alias=True)}, "limits")).report()


@router.get("/clips/{clip_id}/report.html", response_class=HTMLResponse)
def report_html(request: Request, clip_id: Id, download: bool = False) -> HTMLResponse:
    """The report as one page that needs nothing else, to be sent."""
    clip = judged_or_404(request, clip_id)
    verdict = verdict_of(request, clip)
    found = [(moment, still(request, clip_id, moment)) for moment in report.worst_moments(verdict.result, verdict.summary.next_cue)]
    stills = [report.Still(file.read_bytes(), moment) for moment, file in found if file is not None]
    page = "".join(report.html(verdict.report(), verdict.result, stills, limits=verdict.limits))
    answer = HTMLResponse(page.encode("utf-8", "backslashreplace"))
    # The page brings a stricter policy of its own; its script and styles are inside.
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'none'; "
        "sandbox allow-scripts allow-modals"
    )
    if download:
        answer.headers["Content-Disposition"] = 'attachment; filename="report.html"'
    return answer


@router.get("/clips/{clip_id}/frames.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def frames_csv(request: Request, clip_id: Id) -> Response:
    """All measures, a row a frame."""
    table = "".join(report.frames_csv(verdict_of(request, judged_or_404(request, clip_id)).result))
    return Response(table, media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="frames.csv"'})


@router.get("/clips/{clip_id}/series")
def series(request: Request, clip_id: Id) -> dict[str, Any]:
    """The time of every frame, s, and every measure there, null where there is none."""
    result = verdict_of(request, judged_or_404(request, clip_id)).result
    columns = {name: getattr(result.metrics, name) for name in METRICS}
    measured = {name: [round(value, 3) if isfinite(value) else None for value in values.tolist()] for name, values in columns.items()}
    return {"time_s": [round(t, 6) for t in result.time_s.tolist()], "metrics": measured}


@router.get("/clips/{clip_id}/video", response_class=FileResponse)
def video(request: Request, clip_id: Id, annotated: bool = False) -> FileResponse:
    """The clip as browsers play it, plain or with what was seen drawn upon it; parts of it by Range."""
    folder = store(request).folder(judged_or_404(request, clip_id)["id"])
    names = ("annotated.mp4",) if annotated else ("video.mp4", "original", "annotated.mp4")  # of a live session there is only the last
    file = next((folder / name for name in names if (folder / name).exists()), None)
    if file is None:
        raise HTTPException(404, "no video of this clip.")
    return FileResponse(file, media_type="video/mp4", headers={"Cache-Control": "private, no-cache"})


@router.get("/clips/{clip_id}/upload", response_class=FileResponse)
def uploaded(request: Request, clip_id: Id) -> FileResponse:
    """The file as it was uploaded."""
    clip = clip_or_404(request, clip_id)
    file = store(request).folder(clip["id"]) / "original"
    if not file.exists():
        raise HTTPException(404, "no video of this clip.")
    return FileResponse(file, media_type="application/octet-stream", filename=clip["name"])


@router.get("/clips/{clip_id}/poster", response_class=FileResponse)
def poster(request: Request, clip_id: Id) -> FileResponse:
    """The picture a clip is known by."""
    file = store(request).folder(clip_or_404(request, clip_id)["id"]) / "poster.jpg"
    if not file.exists():
        raise HTTPException(404, "no picture of this clip.")
    return FileResponse(file, media_type="image/jpeg")


@router.get("/clips/{clip_id}/stills/{rep}/{cue}/{ms}", response_class=FileResponse)
def still_jpeg(
    request: Request, clip_id: Id, rep: Annotated[int, InPath(ge=1, le=100_000)], cue: str, ms: Annotated[int, InPath(ge=0, le=10**9)]
) -> FileResponse:
    """The picture of a moment: of a fault by its cue, or of the ``bottom`` of a rep."""
    clip_or_404(request, clip_id)
    file = still(request, clip_id, report.Moment(ms / 1000, rep, cue)) if cue in BY_ID or cue == "bottom" else None
    if file is None:
        raise HTTPException(404, "no picture of this moment.")
    return FileResponse(file, media_type="image/jpeg")
