"""Packets cut into groups that a decoder can begin with."""

from dataclasses import dataclass

from hingecheck.media import packets as grouping


@dataclass(frozen=True)
class Packet:
    """What a packet tells of itself."""

    pts: int | None
    is_keyframe: bool = False
    size: int = 100
    is_corrupt: bool = False
    is_discard: bool = False


KEY, NEXT, END = Packet(0, is_keyframe=True), Packet(1), Packet(None, size=0)


def test_a_group_begins_with_every_picture_that_stands_alone():
    packets = [KEY, NEXT, Packet(2, is_keyframe=True), Packet(3), END]
    assert list(grouping.groups(packets)) == [packets[:2], packets[2:]]
    assert list(grouping.groups([])) == []


def test_a_stream_without_such_pictures_is_not_held_for_ever():
    packets = [KEY, *(Packet(n) for n in range(1, 2 * grouping.LONGEST))]
    first, second = grouping.groups(iter(packets))
    assert len(first) == len(second) == grouping.LONGEST
    assert grouping.begins_anew(first)
    assert not grouping.begins_anew(second)


def test_pictures_come_in_the_order_of_display():
    assert grouping.stamps([KEY, Packet(3), Packet(1), Packet(2), END]) == [0, 1, 2, 3]


def test_packets_that_may_be_no_picture_have_to_be_decoded():
    for doubtful in (Packet(None), Packet(1, is_corrupt=True), Packet(1, is_discard=True)):
        assert grouping.stamps([KEY, doubtful]) is None


def test_a_group_whose_pictures_come_before_its_first_refers_to_the_one_before():
    assert grouping.begins_anew([KEY, NEXT, END])
    assert not grouping.begins_anew([Packet(4, is_keyframe=True), Packet(2), Packet(3)])
    assert not grouping.begins_anew([NEXT])
