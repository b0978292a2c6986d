"""What Python and the system offer only on Linux is done without elsewhere. Each test takes it away in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clips import make_clip

ROOT = Path(__file__).parents[1]

# What Windows, and in part macOS, lack. At the top of a script, so that the processes which it spawns lack it too.
WITHOUT = """
import ctypes, multiprocessing, os, sys
for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None
for name in ("nice", "sched_getaffinity", "sched_setaffinity", "sysconf", "killpg"):
    delattr(os, name)
multiprocessing.get_all_start_methods = lambda: ["spawn"]
loaded = ctypes.CDLL
class CDLL(loaded):
    def __init__(self, name, *rest, **named):
        if name is None:
            raise TypeError("there is no library without a name")
        super().__init__(name, *rest, **named)
ctypes.CDLL = CDLL
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Runs a script on such a system -> what it prints."""

    def run(script, *arguments):
        file = tmp_path / "script.py"
        indented = "".join(f"    {line}\n" for line in script.strip().splitlines())
        file.write_text(f"{WITHOUT}\nif __name__ == '__main__':\n{indented}", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, file, *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_every_module_can_be_imported(elsewhere):
    found = elsewhere("""
import importlib, pkgutil
import hingecheck
names = [module.name for module in pkgutil.walk_packages(hingecheck.__path__, "hingecheck.") if not module.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
import benchmarks.scale
print(*names)
""").split()
    assert {"hingecheck.drive.workers", "hingecheck.web.database", "hingecheck.show.window", "hingecheck.cli"} <= set(found)


def test_a_batch_of_one_clip_in_one_process_gives_its_row(elsewhere, tmp_path):
    (tmp_path / "clips").mkdir()
    make_clip(tmp_path / "clips/short.mp4", 5)
    said = elsewhere(
        """
from hingecheck.drive.batch import batch
from hingecheck.verdict.profiles import Profile
(row,) = batch(sys.argv[1], sys.argv[2], profile=Profile.default(), model="lite", workers=1)
print(row["path"], row["status"], row["error"] or "nothing wrong")
""",
        tmp_path / "clips",
        tmp_path / "out",
    )
    assert said == "short.mp4 ok nothing wrong\n"
    assert (tmp_path / "out/short.hingecheck/report.json").exists()


def test_a_worker_of_the_page_is_confined_as_far_as_can_be_and_does_its_job(elsewhere):
    said = elsewhere("""
import operator
from hingecheck.drive.workers import Limits, Worker
from hingecheck.web.sandbox import CLIP
worker = Worker(operator.is_not, CLIP, copied=False)  # of the job and the means to send, which are not the same
worker.begin(3)
print(*worker.follow(Limits()))
worker.end()
""")
    assert said == "('result', True)\n"


def test_the_store_opens_and_one_server_holds_it(elsewhere, tmp_path):
    said = elsewhere(
        """
from hingecheck.errors import InputError
from hingecheck.web.store import Store
with Store(sys.argv[1]) as store:
    print(store.athlete_named("Ana")["name"])
    try:
        Store(sys.argv[1])
    except InputError as error:
        print("another hingecheck serves" in str(error))
""",
        tmp_path / "data",
    )
    assert said == "Ana\nTrue\n"


def test_doctor_says_which_protection_is_not_there(elsewhere):
    said = elsewhere("""
from hingecheck import doctor
(check,) = doctor.protection()
print(check.verdict, check.detail, sep=": ")
""")
    bounds = ("memory of uploads (serve)", "memory of clips (batch --memory)", "pages before analysis (serve)")
    bounds += ("files of other clips (serve)", "network of decoders (serve)")
    assert said == f"warn: not bounded here: {', '.join(bounds)}\n"
