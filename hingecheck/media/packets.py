"""Groups of pictures: a video's packets from one that stands alone to the next, so that a group nobody wants need not be decoded."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, TypeVar

LONGEST: Final = 600  # packets held at a time; of a video with fewer pictures that stand alone nothing is left out


class Stamped(Protocol):
    """What a packet tells of itself; ``size`` 0 for the last one, which is no picture."""

    @property
    def pts(self) -> int | None:
        """When its picture is due."""

    @property
    def size(self) -> int:
        """Bytes in it."""

    @property
    def is_keyframe(self) -> bool:
        """Its picture stands alone."""

    @property
    def is_corrupt(self) -> bool:
        """It is known to be damaged."""

    @property
    def is_discard(self) -> bool:
        """Its picture is not to be shown."""


P = TypeVar("P", bound=Stamped)


def groups(packets: Iterable[P]) -> Iterator[list[P]]:
    """The packets, in order, cut before every one whose picture stands alone, and after ``LONGEST``."""
    group: list[P] = []
    for packet in packets:
        if group and (packet.is_keyframe or len(group) == LONGEST):
            yield group
            group = []
        group.append(packet)
    if group:
        yield group


def stamps(group: Iterable[Stamped]) -> list[int] | None:
    """When the pictures of a group are due, in order; None where its packets do not say for certain, and it has to be decoded."""
    due = []
    for packet in group:
        if packet.size:
            if packet.pts is None or packet.is_corrupt or packet.is_discard:
                return None
            due.append(packet.pts)
    return sorted(due)


def begins_anew(group: list[P]) -> bool:
    """Whether a decoder can begin with a group: its first picture stands alone, and none refers to the group before."""
    first = group[0]
    return bool(first.is_keyframe and first.pts is not None and all(packet.pts is None or packet.pts >= first.pts for packet in group))
