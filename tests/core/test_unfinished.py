"""What is kept of unfinished work is read back, unless it was altered."""

from __future__ import annotations

import pytest

from rbench.core.system.unfinished import NOWHERE, Unfinished


def test_what_was_written_last_is_read() -> None:
    kept = [b""]
    place = Unfinished(lambda: kept[0], lambda content: kept.__setitem__(0, content))
    assert place.read() == b""
    for content in (b"one", b"", b"two"):
        place.write(content)
        assert place.read() == content


@pytest.mark.parametrize("spoil", [lambda c: c[:-1], lambda c: b"x" + c[1:], lambda c: c + b"x", lambda c: c[:10]])
def test_what_was_altered_is_nothing(spoil) -> None:
    kept: list[bytes] = []
    Unfinished(keep=kept.append).write(b"the state")
    assert Unfinished(lambda: kept[0]).read() == b"the state"
    assert Unfinished(lambda: spoil(kept[0])).read() == b""


def test_nowhere_keeps_nothing() -> None:
    NOWHERE.write(b"a")
    assert NOWHERE.read() == b""
