"""Who works in a folder is alone there, and a process that was killed bars nobody."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hingecheck.errors import InputError
from hingecheck.storage.locks import alone

ROOT = Path(__file__).parents[2]
HOLD = (
    "import sys, time, pathlib; from hingecheck.storage.locks import alone\n"
    "with alone(pathlib.Path(sys.argv[1]), 'batch'):\n    print('held', flush=True); time.sleep(600)"
)


def holder(folder):
    """A process that holds the folder's lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_is_refused_with_the_process_that_holds_the_folder(tmp_path):
    with alone(tmp_path, "batch"):
        with pytest.raises(InputError) as caught, alone(tmp_path, "batch"):
            raise AssertionError("the block must not run")
        expected = rf"{re.escape(str(tmp_path))}: another batch writes there \(process {os.getpid()} on \S+, since \S+\)\. Wait for its end"
        assert re.match(expected, str(caught.value))
    assert list(tmp_path.iterdir()) == []
    with alone(tmp_path, "batch"):
        pass


def test_a_lock_of_a_killed_process_bars_nobody(tmp_path):
    process = holder(tmp_path)
    with pytest.raises(InputError, match=f"process {process.pid} "), alone(tmp_path, "batch"):
        pass
    process.kill()
    process.wait()
    assert [file.name for file in tmp_path.iterdir()] == [".hingecheck-batch.lock"]
    with alone(tmp_path, "batch"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [b"", b"\xff\x00", b"[1]", b"[" * 5000])
def test_a_lock_that_says_nothing_of_its_holder_is_a_lock(tmp_path, said):
    process = holder(tmp_path)
    try:
        (tmp_path / ".hingecheck-batch.lock").write_bytes(said)
        with pytest.raises(InputError, match=r"another batch writes there\. Wait"), alone(tmp_path, "batch"):
            pass
    finally:
        process.kill()
        process.wait()


def test_of_many_that_want_it_at_once_one_at_a_time_has_it(tmp_path):
    script = (
        "import sys, time, pathlib; from hingecheck.storage.locks import alone; from hingecheck.errors import InputError\n"
        "folder = pathlib.Path(sys.argv[1]); done = 0\n"
        "while done < 20:\n"
        "    try:\n"
        "        with alone(folder, 'batch'):\n"
        "            (folder / 'inside').touch(exist_ok=False); (folder / 'inside').unlink(); done += 1\n"
        "    except InputError:\n        time.sleep(0.001)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT) for _ in range(3)]
    assert [process.wait(timeout=300) for process in running] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []
