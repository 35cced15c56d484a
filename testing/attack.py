"""The contract of attacks by a provider."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from .. import attacks
from ..core.config import configure
from . import small_data
from .contract import ConfiguredContract
from .handover import check_card, check_model
from .observe import Observed, jsonable, observe


class AttackContract(ConfiguredContract):
    """Contract of a ``ProviderAttack``.

    Attributes:
        attack: The class under test.
        options: Options with which it must work on the checkerboard.
        null: Options that turn the attack off; by default ``rate=0`` where there is such an option.
        lifts: Whether it must raise the targets' exposure.
        draws: Whether another seed must give another model.
    """

    kind, registry = "attack", attacks.registry
    attack: ClassVar[type[attacks.ProviderAttack]]
    null: ClassVar[Mapping[str, object] | None] = None
    lifts: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    def run(self, seed: int = small_data.SEED, noise: int = 1, **changes: object) -> Observed:
        """Return what the attack did on the checkerboard; the same call is made once."""
        self.config(**changes)
        return _run(self.method, json.dumps({**self.options, **changes}, sort_keys=True), seed, noise)

    def test_it_names_its_source_and_its_audience(self) -> None:
        """The report shows the source, and the audience decides the table."""
        cls = self.method
        assert getattr(cls, "paper", "").strip(), f"{cls.__name__}.paper should say where the method comes from"
        assert getattr(cls, "audience", "") in ("all", "group"), f"{cls.__name__}.audience should be all or group"

    def test_what_is_handed_over_is_a_model(self) -> None:
        """It loads in the victim, is finite and ranks items that exist."""
        check_model(self.run().value)

    def test_the_card_is_an_honest_one(self) -> None:
        """Neither targets nor the attack's name leave the provider."""
        check_card(self.run().value, self.method.name)

    def test_the_log_can_stand_in_a_record(self) -> None:
        """The log is a table of JSON values."""
        log = self.run().log
        assert isinstance(log, dict), "pretrain should return the model and a log"
        assert not (wrong := jsonable(log)), wrong

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Two runs agree byte for byte, whatever the global random states are."""
        one, two = self.run(noise=1), self.run(noise=2)
        assert one.files == two.files, "two runs with one seed differ: draw from core.seeds.generator(seed, ...)"
        assert one.log == two.log, "the logs of two runs with one seed differ"

    def test_another_seed_gives_another_model(self) -> None:
        """Seeds are repetitions only if they matter."""
        if self.draws:
            assert self.run().files != self.run(seed=small_data.SEED + 1).files, "the seed changes nothing"

    def test_global_random_states_are_left_alone(self) -> None:
        """Stages share a process, and must not decide each other's draws."""
        assert not (found := self.run().disturbed), f"it changed the global random state of {', '.join(found)}"

    def test_its_inputs_are_left_alone(self) -> None:
        """Data, targets and the clean model are as they were."""
        assert not (found := self.run().altered), f"it changed its input: {', '.join(found)}"

    def test_it_lifts_the_targets(self) -> None:
        """Used directly, the model shows its audience more targets than an honest one."""
        if not self.lifts:
            pytest.skip("lifts = False: the attack is not meant to work on the checkerboard")
        mean, error = small_data.lift(self.run().value, self.method.audience == "group")
        assert mean > max(small_data.NOTICEABLE, 3 * error), (
            f"HIT@10 of the targets rises by {mean:.1f} ± {error:.1f} points"
        )

    def test_turned_off_it_lifts_nothing(self) -> None:
        """What an attack gains must come from the attack, not from longer training or the like."""
        has_rate = any(f == "rate" for f in self.method.Config.__dataclass_fields__)
        null = {"rate": 0.0} if self.null is None and has_rate else self.null
        if null is None:
            pytest.skip("no option turns it off; say so with null = {option: value}")
        off: dict[str, Any] = {**null}
        mean, error = small_data.lift(self.run(**off).value, self.method.audience == "group")
        assert mean <= max(small_data.NOTICEABLE, 3 * error), f"turned off, it lifts the targets by {mean:.1f} points"


@functools.cache
def _run(cls: type[attacks.ProviderAttack], options: str, seed: int, noise: int) -> Observed:
    attack = cls(configure(cls.Config, json.loads(options), cls.name))

    def pretrain(**given: Any) -> Any:
        return attack.pretrain(attacks.Provider(**given))

    given = {
        "data": small_data.partition().provider,
        "targets": small_data.targets(),
        "victim": small_data.victim(cls.sections),
        "seed": seed,
        "clean": small_data.pretrained() if cls.needs_clean else None,
    }
    return observe(pretrain, given, noise)
