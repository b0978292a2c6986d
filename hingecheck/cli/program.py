"""The application: how errors and exits look from outside."""

import io
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer

from .. import __version__
from ..errors import HingecheckError
from .tables import one_line, plain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Watches a hip hinge on video and says what to change.",
)

_OPTION: Final = re.compile(r"--?[a-z]+(-[a-z]+)*(=.*)?")

OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main() -> None:
    """Run the command line. An error becomes one line on stderr and an exit code; ``--debug`` adds the traceback."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    arguments = [_as_file(argument) for argument in arguments if argument != "--debug"]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may have characters that the terminal cannot show
    try:
        with _ended_as_by_ctrl_c():
            code = app(arguments, prog_name="hingecheck", standalone_mode=False)
            sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except HingecheckError as error:
        _fail(BAD_INPUT, str(error), debug)
    except (BrokenPipeError, SystemExit):  # the reader of the pipe has closed it; Typer turns that into SystemExit
        _give_up_output()
        sys.exit(OK)
    except OSError as error:  # errors of files are caught where they are opened, so this is about the output
        _give_up_output()
        _fail(BAD_INPUT, f"{error.filename or 'output'}: cannot be used ({error.strerror or error}). Try another place.", debug)
    except ImportError as error:
        _fail(BAD_INPUT, f"a library is missing ({error}). `hingecheck doctor` says what to install.", debug)
    except Exception as error:
        usage = getattr(error, "format_message", None)  # Click's usage errors
        if usage is None:
            _fail(BAD_INPUT, f"hingecheck failed on its own account ({type(error).__name__}: {error}). Run again with --debug.", debug)
        if type(error).__name__ == "NoArgsIsHelpError":
            print(usage(), file=sys.stderr)
            sys.exit(BAD_INPUT)
        said = re.sub(r"[.]?$", ".", usage().rstrip(".")).replace("?.", "?")
        _fail(BAD_INPUT, f"{said} Try `hingecheck --help`.", debug)
    if code == INTERRUPTED:  # Typer may turn Ctrl-C into this code
        _fail(INTERRUPTED, "interrupted")
    sys.exit(code if isinstance(code, int) else OK)


def _as_file(argument: str) -> str:
    """An argument, so that the name of a file which begins with a dash is no option: a shell makes such of ``*.mp4``."""
    is_file = argument.startswith("-") and not _OPTION.fullmatch(argument) and os.path.isfile(argument)
    return os.path.join(os.curdir, argument) if is_file else argument


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Within the block, a request to end (SIGTERM), or a terminal that closes (SIGHUP), does what Ctrl-C does at that moment."""

    def end(number: int, frame: FrameType | None) -> None:
        on_ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(on_ctrl_c):  # ignored, as in the background of a script
            raise KeyboardInterrupt
        on_ctrl_c(signal.SIGINT, frame)

    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        # Under nohup the second is ignored, and stays so.
        before = {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fail(code: int, message: str, debug: bool = False) -> NoReturn:
    if debug:
        for line in traceback.format_exc().splitlines():
            print(plain(line), file=sys.stderr)
    print(one_line(message), file=sys.stderr)
    sys.exit(code)


def _give_up_output() -> None:
    """Discard what could not be printed. Otherwise Python would try again as it exits, and report an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(shown: bool) -> None:
    if shown:
        print(f"hingecheck {__version__}")
        raise typer.Exit()


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from; stands anywhere.")] = False,  # read by ``main``
) -> None:
    """Options that stand before a command."""
