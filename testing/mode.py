"""The contract of usage modes."""

from __future__ import annotations

import functools
from typing import ClassVar

import pytest

from ..benchmark.scenarios.pretrained import modes
from ..core.artifacts import encode
from . import small_data
from .contract import Contract
from .handover import check_model
from .observe import ALTERED, DISTURBED, Observed, jsonable, observe


class ModeContract(Contract):
    """Contract of a ``Mode``.

    Attributes:
        mode: The class under test.
    """

    kind, registry = "mode", modes.registry
    mode: ClassVar[type[modes.Mode]]

    def run(self, prompts: bool = False, noise: int = 1) -> Observed:
        """Return what the platform deploys; the same call is made once."""
        return _run(self.method, prompts, noise)

    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_what_it_deploys_is_a_model(self, prompts: bool) -> None:
        """It works with and without a provider's prompts, and comes with a log for the record."""
        trial = self.run(prompts)
        check_model(trial.value)
        assert isinstance(trial.log, dict), "adapt should return the model and a log"
        assert not (wrong := jsonable(trial.log)), wrong

    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_it_says_whether_it_changes_the_model(self, prompts: bool) -> None:
        """With ``changes = False`` nothing is stored anew, so nothing may have changed."""
        same = self.run(prompts).files == encode(small_data.pretrained(prompts=prompts))
        assert same != self.method.changes, (
            f"changes={self.method.changes}, but the model is {'' if same else 'not '}the same: "
            f"say changes = {not same}, or {'change' if same else 'leave'} it"
        )

    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_its_inputs_are_left_alone(self, prompts: bool) -> None:
        """What was handed over serves the other modes too."""
        assert not (found := self.run(prompts).altered), ALTERED.format(", ".join(found))

    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_the_same_seed_gives_the_same_bytes(self, prompts: bool) -> None:
        """Two runs agree byte for byte, whatever the global random states are."""
        one, two = self.run(prompts, noise=1), self.run(prompts, noise=2)
        assert one.files == two.files, "two runs with one seed differ: draw from core.seeds.generator(seed, ...)"
        assert one.log == two.log, "the logs of two runs with one seed differ"

    def test_global_random_states_are_left_alone(self) -> None:
        """Stages share a process, and must not decide each other's draws."""
        assert not (found := self.run().disturbed), DISTURBED.format(", ".join(found))


@functools.cache
def _run(cls: type[modes.Mode], prompts: bool, noise: int) -> Observed:
    inputs = {
        "pretrained": small_data.pretrained(prompts=prompts),
        "data": small_data.partition().platform,
        "victim": small_data.victim(cls.sections),
        "seed": small_data.SEED,
    }
    return observe(cls().adapt, inputs, noise)
