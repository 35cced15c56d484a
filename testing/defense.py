"""The contracts of defenses: detectors and repairs."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from .. import defenses
from ..benchmark.scenarios.pretrained.metrics.detection import detection_chance, detection_metrics
from ..benchmark.scenarios.pretrained.metrics.exposure import per_user_exposure
from ..core.artifacts import decode, encode
from ..core.config import configure
from ..core.detection import Detection, Verdict, checked_detection
from ..core.errors import UserError
from ..core.pretrained import Pretrained
from ..core.topk import TopK
from . import small_data
from .contract import ConfiguredContract
from .handover import check_model
from .observe import ALTERED, DISTURBED, Observed, jsonable, observe


class DefenseContract(ConfiguredContract):
    """What detectors, scans, repairs and defenses at serving have in common.

    Attributes:
        defense: The class under test.
        options: Options with which it must work on the checkerboard.
        schedule: Changes to the short training schedule, for methods that train slowly.
        draws: Whether another seed must give another result; false for methods that draw nothing.
    """

    kind, registry = "defense", defenses.registry
    defense: ClassVar[type[defenses.Defense]]
    schedule: ClassVar[Mapping[str, object]] = {}
    draws: ClassVar[bool] = False

    def run(self, planted: bool = True, prompts: bool = False, seed: int = small_data.SEED, noise: int = 1) -> Observed:
        """Return what the defense made of a model, planted or honest; the same call is made once."""
        self.config()
        options, schedule = (json.dumps({**given}, sort_keys=True) for given in (self.options, self.schedule))
        return _run(self.method, options, schedule, planted, prompts, seed, noise)

    def test_it_names_its_source(self) -> None:
        """The report shows it."""
        assert getattr(self.method, "paper", "").strip(), "paper should say where the method comes from"

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Two runs agree byte for byte, whatever the global random states are."""
        one, two = self.run(noise=1), self.run(noise=2)
        assert one.files == two.files, "two runs with one seed differ: draw from core.seeds.generator(seed, ...)"
        logs = [found.log or getattr(found.value, "log", None) for found in (one, two)]
        assert logs[0] == logs[1], "the logs of two runs with one seed differ"

    def test_another_seed_gives_another_result(self) -> None:
        """Seeds are repetitions only if they matter."""
        if self.draws:
            assert self.run().files != self.run(seed=small_data.SEED + 1).files, (
                "the seed changes nothing: pass platform.seed on, or say draws = False if the defense draws nothing"
            )

    def test_global_random_states_are_left_alone(self) -> None:
        """Stages share a process, and must not decide each other's draws."""
        assert not (found := self.run().disturbed), DISTURBED.format(", ".join(found))

    def test_its_inputs_are_left_alone(self) -> None:
        """Data, model and rankings are as they were."""
        for planted in (True, False):
            found = self.run(planted).altered
            assert not found, ALTERED.format(", ".join(found))


class DetectorContract(DefenseContract):
    """Contract of a ``Detector``.

    Attributes:
        finds: Whether its scores must put the targets of a model that was crudely poisoned before other items.
    """

    finds: ClassVar[bool] = True

    @pytest.mark.parametrize("planted", [True, False], ids=["planted", "honest"])
    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_every_item_gets_a_score_and_a_flag(self, planted: bool, prompts: bool) -> None:
        """Scores are finite, padding is no suspect, and the conclusion and its log can be stored."""
        found, n_items = self.run(planted, prompts).value, small_data.partition().platform.n_items
        try:
            checked_detection(found, n_items, self.method.name)
        except UserError as error:
            raise AssertionError(str(error)) from None
        assert encode(decode(encode(found))) == encode(found), "the conclusion is another one after being stored"

    def test_it_suspects_the_targets(self) -> None:
        """On a crudely poisoned model its average precision is at least twice a random order's."""
        if not self.finds:
            pytest.skip("finds = False")
        items, n_items = small_data.targets().items, small_data.partition().platform.n_items
        reached = detection_metrics(self.run().value, items)["average precision"]
        chance = detection_chance(n_items, len(items))["average precision"]
        assert reached >= 2 * chance, (
            f"average precision is {reached:.3f}, and at least {2 * chance:.3f} is needed, twice what a random order "
            "has; higher scores must be the more suspect; or say finds = False if the detector is not meant to work on "
            "the checkerboard"
        )


class RepairContract(DefenseContract):
    """Contract of a ``Repair``.

    Attributes:
        lowers: Whether it must lower the targets' exposure of a model that was crudely poisoned.
    """

    lowers: ClassVar[bool] = True

    @pytest.mark.parametrize("planted", [True, False], ids=["planted", "honest"])
    @pytest.mark.parametrize("prompts", [False, True], ids=["bare", "prompts"])
    def test_what_it_returns_is_a_model(self, planted: bool, prompts: bool) -> None:
        """It loads in the victim, is finite, ranks, and comes with a log for the record."""
        trial = self.run(planted, prompts)
        check_model(trial.value)
        assert not (wrong := jsonable(trial.log)), wrong

    def test_it_lowers_the_exposure(self) -> None:
        """After the repair of a crudely poisoned model fewer targets are shown."""
        if not self.lowers:
            pytest.skip("lowers = False")
        before, after = (
            per_user_exposure(small_data.rank(model), small_data.targets().items)["HIT@10"]
            for model in (small_data.pretrained(planted=True), self.run().value)
        )
        gained = before - after
        mean, error = float(gained.mean()), float(gained.std(ddof=1) / np.sqrt(len(gained)))
        assert mean > small_data.bar(error), (
            f"HIT@10 of the targets falls by {mean:.1f} ± {error:.1f} points, and {small_data.bar_in_words(error)}; "
            'a longer schedule helps: schedule = {"epochs": 24}; or say lowers = False if the repair is not meant to '
            "work on the checkerboard"
        )


def _given(declared: defenses.Input[Any]) -> bool:
    """Whether a defense that stands alone is given an input; what it needs of others is always there."""
    return not isinstance(declared, defenses.Flagged) or declared.needed


@functools.cache
def _run(
    cls: type[defenses.Defense], options: str, schedule: str, planted: bool, prompts: bool, seed: int, noise: int
) -> Observed:
    defense = cls(configure(cls.Config, json.loads(options), cls.name))
    model = small_data.pretrained(planted, prompts)
    deployed = not issubclass(cls, defenses.Repair) or cls.place == "after"

    def defend(**held: Any) -> Any:
        if isinstance(defense, defenses.Repair):
            return defense.repair(defenses.Deployed(**held) if deployed else defenses.Handed(**held))
        if isinstance(defense, defenses.Scan):
            return defense.scan(defenses.Deployed(**held))
        if isinstance(defense, defenses.Serving):
            return defense.serve(defenses.Deployed(**held))
        assert isinstance(defense, defenses.Detector), f"{cls.__name__} is no Detector, Scan, Repair or Serving"
        return defense.detect(defenses.Deployed(**held))

    inputs: dict[str, Any] = {
        "data": small_data.partition().platform,
        "pretrained": model,
        "victim": small_data.victim(cls.sections, **json.loads(schedule)),
        "seed": seed,
        "inputs": {type(declared): small_data.given(declared) for declared in defense.inputs if _given(declared)},
    }
    if deployed:
        inputs |= {"handed": model, "mode": "direct", "ranking": small_data.rank(model)}
    wanted: dict[type, tuple[type, ...]] = {
        defenses.Detector: (Detection,),
        defenses.Scan: (Verdict,),
        defenses.Repair: (Pretrained, dict),
        defenses.Serving: (TopK, dict),
    }
    returned = next((types for base, types in wanted.items() if issubclass(cls, base)), ())
    return observe(defend, inputs, noise, *returned)
