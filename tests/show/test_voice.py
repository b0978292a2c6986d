"""The voice, with real little programs as speakers: each writes down what it is asked to say."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from hingecheck.show import voice
from hingecheck.show.voice import Voice, speakers

# Shell scripts whose last argument is the text to speak: DIARY gets a line for each text.
TELLS = 'for text; do :; done; echo "$text" >> "$0.said"'
FOR_LONG = f'echo $$ > "$0.pid"; {TELLS}; exec sleep 3600'
HELD = f'echo $$ > "$0.pid"; {TELLS}; exec cat "$0.gate"'  # speaks until somebody has written to its FIFO
FAILS = f"{TELLS}; exit 3"


PATIENCE_S = 300.0  # only so that nothing hangs for ever


@pytest.fixture(autouse=True)
def no_program_hangs_because_the_machine_is_busy(monkeypatch):
    monkeypatch.setattr(voice, "LONGEST_S", 4 * PATIENCE_S)


def program(folder: Path, does: str, name: str = "speaker") -> Path:
    """A program that can be called."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def said(path: Path) -> list[str]:
    """What a program was asked to say so far."""
    diary = path.with_name(f"{path.name}.said")
    return diary.read_text(encoding="utf-8").splitlines() if diary.exists() else []


def wait_until(holds) -> bool:
    """Whether something comes true; the machine may be busy."""
    until = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(holds())


def test_it_says_what_it_is_told(tmp_path):
    speaker = program(tmp_path, TELLS)
    with closing(Voice([[str(speaker)]])) as speaks:
        speaks.say("Knees out")
        assert wait_until(lambda: said(speaker) == ["Knees out"])
        speaks.say("Größer. 'Tall' & \"proud\" $HOME")
        assert wait_until(lambda: said(speaker) == ["Knees out", "Größer. 'Tall' & \"proud\" $HOME"])
        assert speaks.warning is None


def test_arguments_stand_before_the_text(tmp_path):
    speaker = program(tmp_path, 'echo "$@" >> "$0.said"')
    with closing(Voice([[str(speaker), "-s", "160"]])) as speaks:
        speaks.say("One")
        assert wait_until(lambda: said(speaker) == ["-s 160 One"])


def held(folder: Path) -> Path:
    """A program that speaks until ``let_go``."""
    speaker = program(folder, HELD)
    os.mkfifo(gate_of(speaker))
    return speaker


def gate_of(speaker: Path) -> Path:
    return speaker.with_name(f"{speaker.name}.gate")


def let_go(speaker: Path) -> None:
    """Let a held program end what it says now."""
    gate_of(speaker).write_text("")


def test_nobody_waits_while_it_speaks(tmp_path):
    speaker = held(tmp_path)
    with closing(Voice([[str(speaker)]])) as speaks:
        speaks.say("first")
        assert wait_until(lambda: said(speaker) == ["first"])
        for n in range(100):
            speaks.say(str(n))
        assert runs(speaker), "it still says the first"
        assert said(speaker) == ["first"]


def test_what_waits_gives_way_to_what_is_newer(tmp_path):
    speaker = held(tmp_path)
    with closing(Voice([[str(speaker)]])) as speaks:
        speaks.say("first")
        assert wait_until(lambda: said(speaker) == ["first"])
        for text in ("late", "later", "newest"):
            speaks.say(text)
        let_go(speaker)
        assert wait_until(lambda: len(said(speaker)) == 2)
    assert said(speaker) == ["first", "newest"]


def test_a_program_that_fails_gives_way_to_the_next_for_good(tmp_path):
    broken, absent, sound = program(tmp_path, FAILS, "broken"), tmp_path / "absent", program(tmp_path, TELLS, "sound")
    with closing(Voice([[str(broken)], [str(absent)], [str(sound)]])) as speaks:
        speaks.say("One")
        assert wait_until(lambda: said(sound) == ["One"]), "nothing is lost on the way"
        speaks.say("Two")
        assert wait_until(lambda: said(sound) == ["One", "Two"])
        assert speaks.warning is None
    assert said(broken) == ["One"]


def test_when_none_works_there_is_one_warning_and_then_silence(tmp_path):
    first, last = program(tmp_path, FAILS, "first"), program(tmp_path, FAILS, "last")
    with closing(Voice([[str(first)], [str(last)]])) as speaks:
        speaks.say("One")
        assert wait_until(lambda: speaks.warning)
        assert speaks.warning == f"no voice: {last} does not work here (no sound?); going on in silence."
        speaks.say("Two")
        time.sleep(0.1)
    assert said(first) == said(last) == ["One"]


def test_without_any_program_it_warns_at_once_and_stays_silent():
    with closing(Voice([])) as speaks:
        assert speaks.warning is not None
        assert "espeak-ng" in speaks.warning, "what to install"
        speaks.say("One")
        speaks.say("Two")


def test_a_program_that_hangs_is_ended_and_the_next_one_asked(tmp_path, monkeypatch):
    hangs, sound = program(tmp_path, FOR_LONG, "hangs"), program(tmp_path, "sleep 0; " + TELLS, "sound")

    class Spoken(subprocess.Popen):
        """For the program that hangs, time is up as soon as it does; for the other one never."""

        def communicate(self, input=None, timeout=None):
            if timeout is not None and self.args[0] == str(hangs):
                assert timeout == voice.LONGEST_S
                assert wait_until(lambda: said(hangs))
                timeout = 0.01
            return super().communicate(input, timeout)

    monkeypatch.setattr(voice.subprocess, "Popen", Spoken)
    with closing(Voice([[str(hangs)], [str(sound)]])) as speaks:
        speaks.say("One")
        assert wait_until(lambda: said(sound) == ["One"])
    assert not runs(hangs)


def runs(path: Path) -> bool:
    """Whether a program that noted its number still runs."""
    try:
        os.kill(int(path.with_name(f"{path.name}.pid").read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_closing_stops_it_in_the_middle_of_a_word(tmp_path):
    speaker = program(tmp_path, FOR_LONG)
    speaks = Voice([[str(speaker)]])
    speaks.say("a long speech")
    assert wait_until(lambda: said(speaker) and runs(speaker))
    speaks.say("what comes after it")
    closes = Thread(target=speaks.close, daemon=True)
    closes.start()
    closes.join(PATIENCE_S)
    assert not closes.is_alive(), "it does not wait for the end of the speech"
    assert wait_until(lambda: not runs(speaker)), "long before it would be taken to hang"
    assert said(speaker) == ["a long speech"]
    assert speaks.warning is None, "it was stopped, it did not fail"


def test_after_closing_nothing_is_said_and_nothing_breaks(tmp_path):
    speaker = program(tmp_path, TELLS)
    speaks = Voice([[str(speaker)]])
    speaks.close()
    speaks.close()
    speaks.say("too late")
    time.sleep(0.1)
    assert said(speaker) == []


# ------------------------------------------------------------------------------------------------------------------ this computer's voice


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A computer on which only the programs in this folder can be found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("system", "names", "chosen"),
    [
        ("linux", ["espeak", "spd-say", "espeak-ng"], ["espeak-ng", "spd-say", "espeak"]),
        ("linux", ["espeak"], ["espeak"]),
        ("linux", ["say", "powershell"], []),
        ("darwin", ["say", "espeak-ng"], ["say"]),
        ("freebsd14", ["espeak-ng"], ["espeak-ng"]),
    ],
)
def test_each_system_speaks_with_the_best_that_is_there(system, names, chosen, only, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    for name in names:
        program(only, "exit 0", name)
    assert [speaker[0] for speaker in speakers()] == chosen


def test_the_voice_of_this_computer_is_used_unless_another_is_named(only, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    speaker = program(only, 'while [ $# -gt 1 ]; do shift; done; echo "$1" >> "$0.said"', "espeak-ng")
    with closing(Voice()) as speaks:
        speaks.say("Better")
        assert wait_until(lambda: said(speaker) == ["Better"])


def test_a_computer_without_a_voice_is_told_so(only):
    with closing(Voice()) as speaks:
        assert speaks.warning == (
            "no voice: no program here can speak. Install one (Debian: apt-get install espeak-ng); going on in silence."
        )


def test_powershell_gets_a_command_in_which_the_text_is_quoted(only):
    speaker = program(only, TELLS, "powershell")
    with closing(Voice(voice.PROGRAMS["win32"])) as speaks:
        speaks.say("Don't round; hinge")
        assert wait_until(lambda: said(speaker))
    assert said(speaker)[0].endswith(".Speak('Don''t round; hinge')")
