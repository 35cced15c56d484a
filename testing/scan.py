"""The contract of scans."""

from __future__ import annotations

from typing import ClassVar

import pytest

from ..core.artifacts import decode, encode
from ..core.detection import Verdict, checked_verdict
from ..core.errors import UserError
from .defense import DefenseContract


class ScanContract(DefenseContract):
    """Contract of a ``Scan``.

    Attributes:
        finds: Whether a model that was crudely poisoned must be further from honest ones than an honest one is.
    """

    finds: ClassVar[bool] = True

    @pytest.mark.parametrize("planted", [True, False], ids=["planted", "honest"])
    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_it_returns_a_verdict(self, planted: bool, prompts: bool) -> None:
        """Statistic and null are finite, and the verdict and its log can be stored."""
        try:
            found = checked_verdict(self.run(planted, prompts).value, self.method.name)
        except UserError as error:
            raise AssertionError(str(error)) from None
        assert encode(decode(encode(found))) == encode(found), "the verdict is another one after being stored"

    def test_it_suspects_a_poisoned_model(self) -> None:
        """A crudely poisoned model is further from honest models than an honest one is."""
        if not self.finds:
            pytest.skip("finds = False")
        reached: list[Verdict] = [self.run(planted).value for planted in (True, False)]
        one, other = (verdict.distance for verdict in reached)
        assert one > other, (
            f"the poisoned model is {one:.2f} standard deviations from honest ones and an honest one {other:.2f}; "
            "higher statistics must be the more suspect; or say finds = False if the scan is not meant to work on the "
            "checkerboard"
        )
