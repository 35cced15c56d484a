"""Every label is learned once an epoch, after exactly the items that came before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.core.interactions import Interactions
from rbench.models.sequential.training.windows import Windows

Build = Callable[..., Interactions]
lengths = st.lists(st.integers(0, 13), min_size=1, max_size=6)


def numbered(lengths: list[int]) -> list[list[int]]:
    """Sequences in which every interaction has an item of its own."""
    starts = np.cumsum([1, *lengths])
    return [list(range(a, a + n)) for a, n in zip(starts, lengths, strict=False)]


def oracle(
    sequences: list[list[int]], length: int, shifts: list[int]
) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """Cut sequences from their ends, in plain Python: (user, inputs, labels)."""
    cut = []
    for user, sequence in enumerate(sequences):
        stop, pieces = len(sequence) - 1, []
        first = shifts[user] if shifts[user] and stop > length else length
        while stop > 0:
            start = max(stop - (length if pieces else first), 0)
            pieces.append((user, tuple(sequence[start:stop]), tuple(sequence[start + 1 : stop + 1])))
            stop = start
        cut += pieces[::-1]
    return cut


@settings(deadline=None)
@given(lengths, st.integers(1, 6), st.booleans(), st.data())
def test_windows_are_those_of_a_plain_loop(
    build: Build, lengths: list[int], length: int, shifted: bool, data: st.DataObject
) -> None:
    sequences = numbered(lengths)
    shifts = [data.draw(st.integers(0, length - 1)) if shifted else 0 for _ in lengths]
    log = build(sequences, max(sum(lengths), 1))
    windows = Windows(log, length, np.array(shifts)) if shifted else Windows(log, length)
    labels = windows.pad(windows.labels)
    found = []
    for row, owner in enumerate(windows.owners.tolist()):
        n = int(windows.lengths[row])
        assert windows.valid[row].tolist() == [True] * n + [False] * (length - n)
        assert windows.inputs[row, n:].tolist() == labels[row, n:].tolist() == [0] * (length - n)
        found.append((owner, tuple(windows.inputs[row, :n].tolist()), tuple(labels[row, :n].tolist())))
    assert found == oracle(sequences, length, shifts)


@settings(deadline=None)
@given(lengths, st.integers(1, 6))
def test_every_label_is_there_once_with_its_user_in_the_order_of_the_log(
    build: Build, lengths: list[int], length: int
) -> None:
    sequences = numbered(lengths)
    log = build(sequences, max(sum(lengths), 1))
    expected = [(u, item) for u, sequence in enumerate(sequences) for item in sequence[1:]]
    for shift in range(length):  # one order for all cuts, since an attacker's replacements go by it
        windows = Windows(log, length, np.full(len(lengths), shift))
        assert list(zip(windows.users.tolist(), windows.labels.tolist(), strict=True)) == expected
    assert windows.labels.dtype == np.int32


@settings(deadline=None)
@given(lengths, st.integers(1, 6), st.integers(1, 5), st.integers(0, 9), st.booleans())
def test_batches_hold_every_window_once(
    build: Build, lengths: list[int], length: int, size: int, seed: int, alike: bool
) -> None:
    windows = Windows(build(numbered(lengths), max(sum(lengths), 1)), length)
    batches = list(windows.batches(size, np.random.default_rng(seed), alike))
    assert sorted(i for b in batches for i in b.tolist()) == list(range(len(windows.owners)))
    assert all(len(b) <= size for b in batches) and sum(len(b) < size for b in batches) <= 1


def test_batches_hold_windows_of_like_length_in_random_order(build: Build) -> None:
    windows = Windows(build(numbered([2 + u % 5 for u in range(40)]), 400), 10)
    rng = np.random.default_rng(0)
    first, second = (list(windows.batches(8, rng)) for _ in range(2))
    for batches in (first, second):
        assert all(len(set(windows.lengths[b].tolist())) == 1 for b in batches)  # eight users of each length
    firsts = [int(windows.lengths[b[0]]) for b in first]
    assert firsts != sorted(firsts)
    assert [b.tolist() for b in first] != [b.tolist() for b in second]
    assert Counter(firsts) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}


def test_batches_hold_windows_of_any_length_if_asked(build: Build) -> None:
    windows = Windows(build(numbered([2 + u % 5 for u in range(400)]), 1600), 10)
    means = [windows.lengths[b].mean() for b in windows.batches(80, np.random.default_rng(0), alike=False)]
    assert len(means) == 5 and all(2.5 < mean < 3.5 for mean in means)  # of lengths 1 to 5, spread 1.4


def test_pad_puts_each_value_beside_its_label(build: Build) -> None:
    windows = Windows(build([[1, 2, 3, 4, 5, 6], [7], [8, 9]], 9), 2)
    assert windows.inputs.tolist() == [[1, 0], [2, 3], [4, 5], [8, 0]]
    assert windows.pad(10 * windows.labels).tolist() == [[20, 0], [30, 40], [50, 60], [90, 0]]
    assert windows.users.tolist() == [0, 0, 0, 0, 0, 2]
