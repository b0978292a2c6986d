"""Says cues aloud with a speech program of this computer. Never blocks, and stays silent where no program works."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from threading import Condition, Thread
from typing import Final

# The first of these that is installed speaks: its name and the arguments that come before the text.
PROGRAMS: Final = {
    "darwin": (("say",),),
    "win32": (("powershell", "-NoProfile", "-Command"),),
    "linux": (("espeak-ng", "-s", "160"), ("spd-say", "--wait"), ("espeak", "-s", "160")),
}
LONGEST_S: Final = 6.0  # a program that takes longer counts as hung


def speakers() -> list[Sequence[str]]:
    """The speech programs of this computer, the preferred one first."""
    return [program for program in PROGRAMS.get(sys.platform, PROGRAMS["linux"]) if shutil.which(program[0])]


class Voice:
    """Speaks in a thread of its own. A new text replaces one that still waits: late advice is wrong advice.

    ``warning``: why nothing is heard, for the rest of the session; else None.
    """

    def __init__(self, programs: Sequence[Sequence[str]] | None = None) -> None:
        self._programs = list(speakers() if programs is None else programs)
        self.warning: str | None = None
        self._changed = Condition()
        self._next: str | None = None
        self._closed = False
        self._speaking: subprocess.Popen[bytes] | None = None
        if not self._programs:
            self.warning = "no voice: no program here can speak. Install one (Debian: apt-get install espeak-ng); going on in silence."
        self._thread = Thread(target=self._run, daemon=True, name="voice")
        self._thread.start()

    def say(self, text: str) -> None:
        """Say this next; returns at once."""
        with self._changed:
            self._next = text
            self._changed.notify()

    def close(self) -> None:
        """Fall silent. May be called more than once."""
        with self._changed:
            self._closed, self._next = True, None
            if self._speaking is not None:
                self._speaking.kill()
            self._changed.notify()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next is not None)
                if self._closed:
                    return
                text, self._next = self._next, None
            while self._programs and text is not None and not self._spoken(text):
                failed = self._programs.pop(0)
                if not self._programs:
                    self.warning = f"no voice: {failed[0]} does not work here (no sound?); going on in silence."

    def _spoken(self, text: str) -> bool:
        """Whether the first program said it, or was stopped by ``close``."""
        program = self._programs[0]
        with self._changed:
            if self._closed:
                return True
            try:
                speaking = self._speaking = subprocess.Popen(
                    [*program, _aloud(program[0], text)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
            except OSError:
                return False
        try:
            _, complaints = speaking.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            speaking.kill()
            _, complaints = speaking.communicate()
        failed = speaking.returncode != 0 or any(line.startswith(b"error") for line in complaints.splitlines())  # espeak-ng exits with 0
        with self._changed:
            self._speaking = None
            return not failed or self._closed


def _aloud(program: str, text: str) -> str:
    """The last argument: the text, or for PowerShell a command that says it."""
    if program != "powershell":
        return text
    quoted = text.replace("'", "''")
    return f"Add-Type -AssemblyName System.Speech; (New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak('{quoted}')"
