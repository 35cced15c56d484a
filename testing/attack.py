"""The contract of attacks by a provider."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from .. import attacks
from ..core.config import configure, with_checksum
from ..core.pretrained import Pretrained
from . import small_data
from .contract import ConfiguredContract
from .handover import check_card, check_model
from .observe import ALTERED, DISTURBED, Observed, jsonable, observe


class AttackContract(ConfiguredContract):
    """Contract of a ``ProviderAttack``.

    Attributes:
        attack: The class under test.
        options: Options with which it must work on the checkerboard.
        null: Options that turn the attack off; by default ``rate=0`` where there is such an option.
        schedule: Changes to the short training schedule, for attacks that work slowly.
        lifts: Whether it must raise the targets' exposure, or, with ``direction = "demote"``, lower it.
        draws: Whether another seed must give another model.
    """

    kind, registry = "attack", attacks.registry
    attack: ClassVar[type[attacks.ProviderAttack]]
    null: ClassVar[Mapping[str, object] | None] = None
    schedule: ClassVar[Mapping[str, object]] = {}
    lifts: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    def run(self, seed: int = small_data.SEED, noise: int = 1, **changes: object) -> Observed:
        """Return what the attack did on the checkerboard; the same call is made once."""
        self.config(**changes)
        options = json.dumps({**self.options, **changes}, sort_keys=True)
        return _run(self.method, options, self._schedule, seed, noise)

    @property
    def _schedule(self) -> str:
        return json.dumps({**self.schedule}, sort_keys=True)

    def moved(self, **changes: Any) -> tuple[float, float]:
        """Return how far the targets' HIT@10 moves in the attack's direction: mean over users and standard error."""
        model, cls = self.run(**changes).value, self.method
        mean, error = small_data.lift(model, cls.audience == "group", self._schedule)
        return (-mean if cls.direction == "demote" else mean), error

    def test_it_names_its_source_and_its_audience(self) -> None:
        """The report shows the source, and the audience decides the table."""
        cls = self.method
        assert getattr(cls, "paper", "").strip(), f"{cls.__name__}.paper should say where the method comes from"
        assert getattr(cls, "audience", "") in ("all", "group"), f"{cls.__name__}.audience should be all or group"
        assert cls.direction in ("promote", "demote"), f"{cls.__name__}.direction should be promote or demote"

    def test_what_is_handed_over_is_a_model(self) -> None:
        """It loads in the victim, is finite and ranks items that exist."""
        check_model(self.run().value)

    def test_the_card_is_an_honest_one(self) -> None:
        """Neither targets nor the attack's name leave the provider."""
        check_card(self.run().value, self.method.name)

    def test_the_log_can_stand_in_a_record(self) -> None:
        """The log is a table of JSON values."""
        assert not (wrong := jsonable(self.run().log)), wrong

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Two runs agree byte for byte, whatever the global random states are."""
        one, two = self.run(noise=1), self.run(noise=2)
        assert one.files == two.files, "two runs with one seed differ: draw from core.seeds.generator(seed, ...)"
        assert one.log == two.log, "the logs of two runs with one seed differ"

    def test_another_seed_gives_another_model(self) -> None:
        """Seeds are repetitions only if they matter."""
        if self.draws:
            assert self.run().files != self.run(seed=small_data.SEED + 1).files, (
                "the seed changes nothing: pass provider.seed on, or say draws = False if the attack draws nothing"
            )

    def test_global_random_states_are_left_alone(self) -> None:
        """Stages share a process, and must not decide each other's draws."""
        assert not (found := self.run().disturbed), DISTURBED.format(", ".join(found))

    def test_its_inputs_are_left_alone(self) -> None:
        """Data, targets and the clean model are as they were."""
        assert not (found := self.run().altered), ALTERED.format(", ".join(found))

    def test_it_lifts_the_targets(self) -> None:
        """Used directly, the model shows its audience more targets than an honest one; a demoting attack's, fewer."""
        if not self.lifts:
            pytest.skip("lifts = False: the attack is not meant to work on the checkerboard")
        mean, error = self.moved()
        assert mean > small_data.bar(error), (
            f"HIT@10 of the targets {self._moves} by {mean:.1f} ± {error:.1f} points, and "
            f'{small_data.bar_in_words(error)}; a longer schedule helps: schedule = {{"epochs": 24}}; or say '
            "lifts = False if the attack is not meant to work on the checkerboard"
        )

    def test_turned_off_it_lifts_nothing(self) -> None:
        """What an attack gains must come from the attack, not from longer training or the like."""
        has_rate = any(f == "rate" for f in self.method.Config.__dataclass_fields__)
        null = {"rate": 0.0} if self.null is None and has_rate else self.null
        if null is None:
            pytest.skip("no option turns it off; say so with null = {option: value}")
        mean, error = self.moved(**null)
        assert mean <= small_data.bar(error), (
            f"turned off by {null}, HIT@10 of the targets still {self._moves} by {mean:.1f} points, and at most "
            f"{small_data.bar(error):.1f} may be chance; name what turns it off: null = {{option: value}}"
        )

    @property
    def _moves(self) -> str:
        return "falls" if self.method.direction == "demote" else "rises"


@functools.cache
def _run(cls: type[attacks.ProviderAttack], options: str, schedule: str, seed: int, noise: int) -> Observed:
    values, path = with_checksum(cls.Config, json.loads(options), cls.name)
    attack = cls(configure(cls.Config, values, cls.name))

    def pretrain(**inputs: Any) -> Any:
        return attack.pretrain(attacks.Provider(**inputs, path=path))

    inputs = {
        "data": small_data.partition().provider,
        "targets": small_data.targets(),
        "victim": small_data.victim(cls.sections, **json.loads(schedule)),
        "seed": seed,
        "clean": small_data.pretrained(schedule=schedule) if attack.uses_clean else None,
    }
    return observe(pretrain, inputs, noise, Pretrained, dict)
