"""Threads without network access, for MediaPipe.

MediaPipe counts its use, and one of its threads sends the counts to its makers (play.googleapis.com). No setting turns this off. On Linux a
thread inherits the seccomp filter of the thread that starts it. So MediaPipe is created in a thread that may not open sockets. None of its
threads can then open a socket or look up a host name for as long as it runs, and no environment variable changes that. The other threads of
the process keep their network access.
"""

import ctypes
import errno
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

# Machine -> its number in linux/audit.h, and the numbers of its system calls seccomp and socket.
_CALLS: Final = {"x86_64": (0xC000003E, 317, 41), "aarch64": (0xC00000B7, 277, 198)}
_NO_NEW_PRIVILEGES: Final = 38  # PR_SET_NO_NEW_PRIVS, which the kernel requires first
_SET_FILTER: Final = 1  # SECCOMP_SET_MODE_FILTER
_AS_FAST_AS_BEFORE: Final = 4  # SECCOMP_FILTER_FLAG_SPEC_ALLOW: no speculation guard, which would slow down calculating threads
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # instructions of a filter: BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K
_NUMBER, _MACHINE = 0, 4  # byte offsets in struct seccomp_data
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO


class _Instruction(ctypes.Structure):
    """``struct sock_filter``."""

    _fields_ = (("code", ctypes.c_uint16), ("if_true", ctypes.c_uint8), ("if_false", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Filter(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def without_network(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread that may not open sockets, and return its result. Threads that it starts may not either.

    Where the kernel has no such filter (not Linux, or another processor), ``work`` runs without it.
    """
    with ThreadPoolExecutor(1, initializer=_close_sockets) as offline:
        return offline.submit(work).result()


def _close_sockets() -> bool:
    """Forbid new sockets in this thread and in all threads that it starts. Returns whether that worked."""
    if not sys.platform.startswith("linux") or platform.machine() not in _CALLS:
        return False
    machine, seccomp, socket = _CALLS[platform.machine()]
    instructions = (_Instruction * 6)(
        _Instruction(_LOAD, 0, 0, _MACHINE),
        _Instruction(_EQUAL, 0, 3, machine),
        _Instruction(_LOAD, 0, 0, _NUMBER),
        _Instruction(_EQUAL, 0, 1, socket),
        _Instruction(_RETURN, 0, 0, _REFUSE | errno.EACCES),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    )
    try:
        kernel = ctypes.CDLL(None)
    except TypeError:  # a system without such a handle
        return False
    rules = _Filter(len(instructions), instructions)
    if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return any(kernel.syscall(seccomp, _SET_FILTER, flags, ctypes.byref(rules)) == 0 for flags in (_AS_FAST_AS_BEFORE, 0))
