"""The contract of defenses that change what is served."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from ..benchmark.scenarios.pretrained.metrics.exposure import per_user_exposure
from ..core.topk import TopK
from . import small_data
from .defense import DefenseContract
from .observe import jsonable


class ServingContract(DefenseContract):
    """Contract of a ``Serving``.

    Attributes:
        lowers: Whether fewer targets of a model that was crudely poisoned must be shown.
    """

    lowers: ClassVar[bool] = True

    @pytest.mark.parametrize("planted", [True, False], ids=["planted", "honest"])
    def test_what_it_returns_is_a_ranking(self, planted: bool) -> None:
        """Lists have their shape and no item twice, held-out items their place, and the log can be recorded."""
        trial, before = self.run(planted), small_data.rank(small_data.pretrained(planted))
        served: TopK = trial.value
        assert served.items.shape == before.items.shape, f"lists of shape {served.items.shape}, not as before"
        data = small_data.partition().platform
        held_out = data.items[data.offsets[1:] - 1]
        for row, item, rank in zip(served.items, held_out, served.held_out_rank, strict=True):
            shown = row[row > 0]
            assert len(np.unique(shown)) == len(shown), "an item stands twice in a list"
            assert row.max(initial=0) <= data.n_items, "an item that there is not"
            if item in row:
                assert row[rank - 1] == item, "held_out_rank is not the place of the held-out item"
            else:
                assert rank > len(shown), "held_out_rank is within the list, and the held-out item is not"
        assert (served.held_out_rank <= served.candidates).all(), "held_out_rank is beyond all items that are ranked"
        assert not (wrong := jsonable(trial.log)), wrong

    def test_it_shows_fewer_targets(self) -> None:
        """Of a crudely poisoned model fewer targets are in the first ten places."""
        if not self.lowers:
            pytest.skip("lowers = False")
        before, after = (
            float(per_user_exposure(ranking, small_data.targets().items)["HIT@10"].mean())
            for ranking in (small_data.rank(small_data.pretrained(planted=True)), self.run().value)
        )
        assert after < before - small_data.NOTICEABLE, (
            f"HIT@10 of the targets falls from {before:.1f}% to {after:.1f}%, and {small_data.NOTICEABLE:g} points are "
            "needed; or say lowers = False if the defense is not meant to work on the checkerboard"
        )
