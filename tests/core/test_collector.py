"""Collection of cycles is as it was before, whatever happened within."""

from __future__ import annotations

import gc

import pytest

from rbench.benchmark.run.collector import collecting


@pytest.mark.parametrize("before", [True, False])
def test_it_is_as_before_afterwards(before):
    with collecting(before):
        with pytest.raises(KeyError), collecting(False):
            assert not gc.isenabled()
            with collecting(True):
                assert gc.isenabled()
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() == before
    assert gc.isenabled()
