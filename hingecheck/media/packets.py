"""Groups of pictures: a video's packets from one keyframe to the next, so that unwanted groups need not be decoded."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, TypeVar

LONGEST: Final = 600  # packets held at a time; in a video with keyframes further apart, no group is skipped


class Stamped(Protocol):
    """Properties of a packet. ``size`` is 0 for the last one, which holds no picture."""

    @property
    def pts(self) -> int | None:
        """Presentation time of its picture, ticks."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    @property
    def is_keyframe(self) -> bool:
        """Whether its picture decodes without any other."""

    @property
    def is_corrupt(self) -> bool:
        """Whether it is known to be damaged."""

    @property
    def is_discard(self) -> bool:
        """Whether its picture must not be shown."""


P = TypeVar("P", bound=Stamped)


def groups(packets: Iterable[P]) -> Iterator[list[P]]:
    """The packets in order, split before every keyframe and after ``LONGEST`` packets."""
    group: list[P] = []
    for packet in packets:
        if group and (packet.is_keyframe or len(group) == LONGEST):
            yield group
            group = []
        group.append(packet)
    if group:
        yield group


def stamps(group: Iterable[Stamped]) -> list[int] | None:
    """Presentation times of a group's pictures, sorted; None if the packets do not give them reliably and must be decoded."""
    due = []
    for packet in group:
        if packet.size:
            if packet.pts is None or packet.is_corrupt or packet.is_discard:
                return None
            due.append(packet.pts)
    return sorted(due)


def begins_anew(group: list[P]) -> bool:
    """Whether decoding can start at a group: its first picture is a keyframe, and none refers to the group before."""
    first = group[0]
    return bool(first.is_keyframe and first.pts is not None and all(packet.pts is None or packet.pts >= first.pts for packet in group))
