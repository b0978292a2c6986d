"""``python -m benchmarks.soak --minutes 30``: the page under steady use. Memory, threads and open files of the server, minute by minute.

Five requests a second for what a browser asks for, and a clip a minute that is analysed and deleted again. Returns 1 if a request failed,
or if the last third lies above the third before it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, Final

from hingecheck.drive.confinement import resident_bytes

from . import tables
from .tables import Row
from .tracked import ROOT, about

REQUESTS_S: Final = 5.0
EVERY_S: Final = 60.0  # between two clips
WARM_MINUTES: Final = 5  # so long caches may fill
GROWTH: Final = {"memory, MB": 1.05, "threads": 1.0, "open files": 1.0}  # of the last third over the one before, at most
PATHS: Final = ("/", "/api/clips", "/api/athletes", "/static/own/app.css", "/live", "/api/session")


def running(pid: int) -> dict[str, float]:
    """Memory of a process, its threads and its open files. The processes that analyse come and go, and are not counted."""
    home = Path(f"/proc/{pid}")
    return {
        "memory, MB": resident_bytes(pid) / 1e6,
        "threads": float(len(os.listdir(home / "task"))),
        "open files": float(len(os.listdir(home / "fd"))),
    }


def grown(rows: list[Row], of: str) -> float:
    """The middle of the last third of the minutes after the warm ones, over that of the third before; 1 with too few."""
    values = [float(str(row[of])) for row in rows[WARM_MINUTES:]]
    third = len(values) // 3
    return median(values[-third:]) / median(values[-2 * third : -third]) if third else 1.0


def measure(client: Any, pid: int, minutes: float, clip: bytes) -> tuple[list[Row], Counter[str]]:
    """Use the page for so long -> a row a minute, and how often each answer came."""
    begun, rows, answers = time.monotonic(), [], Counter[str]()
    sent_s, kept, paths = -EVERY_S, [], cycle(PATHS)
    while (now_s := time.monotonic() - begun) < minutes * 60:
        if now_s - sent_s >= EVERY_S:
            sent_s = now_s
            made = client.post("/api/clips", params={"name": "soak.mp4", "athlete": "Soak"}, content=clip)
            answers[f"upload {made.status_code}"] += 1
            kept.append(made.json()["id"])
            if len(kept) > 3:
                answers[f"delete {client.delete(f'/api/clips/{kept.pop(0)}').status_code}"] += 1
            rows.append({"minute": len(rows), **running(pid)})
        asked = next(paths) if len(kept) < 2 or answers.total() % 7 else f"/clips/{kept[-2]}"
        answers[str(client.get(asked).status_code)] += 1
        time.sleep(max(0.0, 1 / REQUESTS_S - (time.monotonic() - begun - now_s)))
    return rows, answers


def main() -> int:
    """Parse, serve, measure, show."""
    import httpx2

    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--clip", type=Path, default=ROOT / "sample_videos" / "good.mp4")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the tables as JSON too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        command = [
            sys.executable,
            "-m",
            "hingecheck",
            "serve",
            "--port",
            "0",
            "--data",
            data,
            "--model",
            "lite",
            "--workers",
            "1",
            "--no-open",
        ]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            found = re.search(r"(http://\S+)", server.stdout.readline())
            assert found is not None, "the server did not start"
            with httpx2.Client(base_url=found[1], timeout=300, trust_env=False) as client:
                client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
                rows, answers = measure(client, server.pid, asked.minutes, asked.clip.read_bytes())
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()
    growth = {of: grown(rows, of) for of in GROWTH}
    made = {
        "Minute by minute": rows,
        "The last third over the one before": [{"what": of, "times": ratio, "at most": GROWTH[of]} for of, ratio in growth.items()],
        "Answers": [{"answer": answer, "times": times} for answer, times in sorted(answers.items())],
    }
    head = about() | {"command": f"python -m benchmarks.soak --minutes {asked.minutes:g}"}
    tables.show(made, head)
    if asked.out is not None:
        tables.write(asked.out, made, head)
    failed = [answer for answer in answers if not answer.split()[-1].startswith("2")]
    return 1 if failed or any(ratio > GROWTH[of] for of, ratio in growth.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
