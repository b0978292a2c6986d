"""Processes that do one job after the other, and every way they may come to no good."""

import functools
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from hingecheck.drive import workers as processes
from hingecheck.drive.workers import Limits, Lost, work_off

LIMIT_S = 12.0  # by the clock below, which stands still while what is not to run out of time is at work

# The functions below run in processes of their own, which import this module anew.


def obey(job, tell, folder):
    """Do what the job is named after; every attempt leaves a mark."""
    Path(folder, f"{job}.{time.time_ns()}").touch()
    if job.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.startswith("once") and len(list(Path(folder).glob(f"{job}.*"))) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if job.startswith("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
    if job.startswith("exit"):
        os._exit(7)
    if job.startswith("sleep"):
        time.sleep(3600)
    if job.startswith("talk"):
        while True:
            tell("still here")
    if job.startswith("grow"):
        hoard = []
        while True:
            hoard.append(bytearray(b"x" * 20_000_000))
            time.sleep(0.02)
    if job.startswith("raise"):
        raise ValueError("no such thing")
    if job.startswith("odd"):
        return lambda: None  # cannot be pickled
    tell(len(job))
    if job.startswith("where"):
        return os.sched_getaffinity(0), "hingecheck.drive.batch" in sys.modules, "mediapipe" in sys.modules, threading.active_count()
    return job.upper(), os.getpid()


def outcomes(folder, jobs, workers=2, limits=None, told=None):
    """Job -> what came of it."""
    on_told = None if told is None else lambda job, value: told.append((job, value))
    return dict(work_off(functools.partial(obey, folder=str(folder)), jobs, workers, limits, on_told))


def attempts(folder, job):
    return len(list(Path(folder).glob(f"{job}.*")))


def test_every_job_is_done_once_and_a_process_does_many(tmp_path):
    told = []
    done = outcomes(tmp_path, list("abcdef"), told=told)
    assert {job: result[0] for job, result in done.items()} == {job: job.upper() for job in "abcdef"}
    assert len({result[1] for result in done.values()}) <= 2
    assert sorted(told) == [(job, 1) for job in "abcdef"]
    assert all(attempts(tmp_path, job) == 1 for job in "abcdef")


def test_nothing_to_do_starts_nothing(tmp_path):
    assert outcomes(tmp_path, []) == {}


class Clock:
    """The clock of the process that drives: it goes on by ``STEP_S`` at every look while ``runs()`` holds, and stands still else."""

    STEP_S = 0.1

    def __init__(self, runs):
        self.now_s, self._runs = 0.0, runs
        self._ends_s = time.monotonic() + 600

    def monotonic(self):
        assert time.monotonic() < self._ends_s, "never came to that"  # only so that nothing hangs for ever
        if self._runs():
            self.now_s += self.STEP_S
        return self.now_s


def test_a_job_whose_process_dies_hangs_or_grows_is_lost_and_no_other(tmp_path, monkeypatch):
    jobs = ["a", "kill", "b", "stop", "exit", "c", "raise", "odd", "once", "grow", "d"]
    done = {}
    clock = Clock(lambda: len(done) == len(jobs) - 1 and attempts(tmp_path, "stop") == 1)
    monkeypatch.setattr(processes, "time", clock)
    for job, result in work_off(functools.partial(obey, folder=str(tmp_path)), jobs, 2, Limits(silent_s=LIMIT_S, memory_bytes=400e6)):
        done[job] = result
    assert set(done) == set(jobs)
    assert list(done)[-1] == "stop"
    assert LIMIT_S < clock.now_s < LIMIT_S + 1
    assert {job for job, result in done.items() if isinstance(result, tuple)} == {"a", "b", "c", "d", "once"}
    assert {job: str(done[job]) for job in ("kill", "exit", "raise")} == {
        "kill": "the process that read it died (SIGKILL). Convert the clip, or give it more memory.",
        "exit": "the process that read it died (exit code 7). Convert the clip, or give it more memory.",
        "raise": "no such thing",
    }
    assert isinstance(done["raise"], ValueError)
    assert isinstance(done["odd"], TypeError)
    assert isinstance(done["stop"], Lost)
    assert f"nothing came of it for {LIMIT_S:g} s" in str(done["stop"])
    assert "more than 400 MB of memory" in str(done["grow"])
    assert {job: attempts(tmp_path, job) for job in ("kill", "exit", "once", "stop", "grow", "raise")} == {
        **{"kill": 2, "exit": 2, "once": 2},
        **{"stop": 1, "grow": 1, "raise": 1},
    }


def test_a_job_ends_with_its_time_whether_it_talks_or_not(tmp_path, monkeypatch):
    done, told, ended_s = {}, [], {}
    clock = Clock(lambda: told and attempts(tmp_path, "sleep") and not {"talk", "sleep"} <= set(done))
    monkeypatch.setattr(processes, "time", clock)
    work, limits = functools.partial(obey, folder=str(tmp_path)), Limits(job_s=LIMIT_S)
    for job, result in work_off(work, ["talk", "sleep", "a"], 2, limits, lambda job, value: told.append(job)):
        done[job], ended_s[job] = result, clock.now_s
    assert all(str(done[job]).startswith(f"took longer than {LIMIT_S:g} s") for job in ("talk", "sleep"))
    assert done["a"][0] == "A"
    assert all(LIMIT_S < ended_s[job] < 3 * LIMIT_S for job in ("talk", "sleep"))


def test_a_process_is_replaced_after_so_many_jobs(tmp_path):
    done = outcomes(tmp_path, list("abcd"), workers=1, limits=Limits(jobs=2))
    assert len({result[1] for result in done.values()}) == 2


def test_closed_early_it_ends_its_processes(tmp_path):
    work = work_off(functools.partial(obey, folder=str(tmp_path)), ["a", "sleep", "sleep2"], 2)
    _, (_, pid) = next(work)
    work.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


@pytest.mark.skipif(CORES < 2, reason="one core, or a system that does not say")
def test_as_many_processes_as_cores_keep_to_one_each_and_fewer_go_where_there_is_room(tmp_path):
    jobs = [f"where {number}" for number in range(CORES)]
    held = [where for where, *_ in outcomes(tmp_path, jobs, workers=CORES).values()]
    assert all(len(where) == 1 for where in held)
    free = [where for where, *_ in outcomes(tmp_path, jobs[:1], workers=1).values()]
    assert free == [os.sched_getaffinity(0)]


@pytest.mark.skipif(CORES < 2, reason="one core, or a system that does not say")
def test_a_process_in_the_place_of_one_that_died_keeps_to_its_core(tmp_path):
    jobs = [*(f"once {number}" for number in range(CORES)), *(f"where {number}" for number in range(4 * CORES))]
    done = outcomes(tmp_path, jobs, workers=CORES)
    assert {core for job, (where, *_) in done.items() if job.startswith("where") for core in where} <= os.sched_getaffinity(0)
    assert all(len(done[job][0]) == 1 for job in jobs if job.startswith("where"))


@pytest.mark.skipif(sys.platform != "linux", reason="the job tells of its cores, which only Linux can")
def test_processes_begin_with_everything_imported_and_no_thread_but_the_one_that_watches(tmp_path):
    _, batching, mediapipe, threads = outcomes(tmp_path, ["where"])["where"]
    assert batching
    assert mediapipe
    assert threads == 2
