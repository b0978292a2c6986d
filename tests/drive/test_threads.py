"""Reading ahead and writing behind: the same items in the same order, and no thread left over."""

import threading
import time
from contextlib import closing

import pytest

from hingecheck.drive.threads import Behind, ahead

PATIENCE_S = 300.0  # only so that nothing hangs for ever


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    patience = time.monotonic() + PATIENCE_S
    while threading.active_count() > before and time.monotonic() < patience:
        time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.parametrize("number", [0, 1, 3, 100])
def test_all_items_come_in_order(number):
    assert list(ahead(iter(range(number)))) == list(range(number))


def test_items_are_taken_ahead_but_not_too_far():
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield number

    with closing(ahead(source(), depth=3)) as items:
        assert next(items) == 0
        patience = time.monotonic() + PATIENCE_S
        while len(taken) < 5 and time.monotonic() < patience:
            time.sleep(0.01)
        time.sleep(0.05)
        assert taken == [0, 1, 2, 3, 4]  # one handed out, three waiting, one in the hand


def test_what_the_source_raises_is_raised_after_the_items_before_it():
    def source():
        yield 1
        raise KeyError("two")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(KeyError, match="two"):
        next(items)


def test_items_that_nobody_wants_any_more_are_not_taken():
    def forever():
        while True:
            yield 0

    with closing(ahead(forever())) as items:
        next(items)


def test_what_is_put_is_used_in_order_by_the_end_of_the_block():
    used = []
    with Behind(lambda item: (time.sleep(0.001), used.append(item)), depth=2) as line:
        for number in range(50):
            line.put(number)
    assert used == list(range(50))


def test_what_the_user_raises_is_raised_by_put_or_by_the_end():
    def use(item):
        raise OSError(f"no room for {item}")

    with pytest.raises(OSError, match="no room for 0"), Behind(use, depth=1) as line:
        for number in range(1000):
            line.put(number)
            time.sleep(0.001)
    with pytest.raises(OSError, match="no room for 7"), Behind(use) as line:
        line.put(7)


def test_a_block_that_fails_lets_what_waits_go_and_tells_its_own_error():
    used, may_go = [], threading.Event()

    def use(item):
        may_go.wait(PATIENCE_S)
        used.append(item)

    def let_go():
        line._dropped.wait(PATIENCE_S)  # the first item is held until the block has failed
        may_go.set()

    with pytest.raises(ValueError, match="mine"), Behind(use) as line:
        line.put(1)
        line.put(2)
        threading.Thread(target=let_go).start()
        raise ValueError("mine")
    assert used in ([1], [])
