"""The contract of attacks by item owners."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from ... import attacks
from ...attacks.language import FakeUsers, TitleAttack
from ...benchmark.scenarios.language.protocol.poisoning import check_fakes
from ..contract import ConfiguredContract
from ..observe import contents, disturbances
from . import small_lists

BAR = 0.25
"""By how much the trigger must raise the share of lists in which a title is chosen."""


class TitleAttackContract(ConfiguredContract):
    """Contract of a ``TitleAttack``.

    Attributes:
        attack: The class under test.
        options: Options with which it must work.
        works: Whether the trigger must get titles chosen that nobody trained on.
        draws: Whether another seed must give other fake users.
    """

    kind, registry = "attack", attacks.registry
    attack: ClassVar[type[TitleAttack]]
    works: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    def made(self, seed: int = small_lists.SEED, fakes: int = small_lists.FAKES, **changes: object) -> FakeUsers:
        """Return what the attack adds and renames."""
        made: FakeUsers = self._attack(**changes).poison(small_lists.owner(fakes, seed))
        return made

    def _attack(self, **changes: object) -> TitleAttack:
        attack: TitleAttack = self.method(self.config(**changes))
        return attack

    def test_it_names_its_source_and_its_audience(self) -> None:
        """The report shows the source; an item owner knows no groups of users."""
        cls = self.method
        assert getattr(cls, "paper", "").strip(), f"{cls.__name__}.paper should say where the method comes from"
        assert cls.audience == "all", f"{cls.__name__}.audience should be all: item owners know no groups"
        assert cls.scenario == "language", f"{cls.__name__}.scenario should be language"

    def test_what_it_adds_is_an_item_owners(self) -> None:
        """No more fake users than it may add, histories of items that exist, own items alone promoted and renamed."""
        made, owned = self.made(), small_lists.owned().own
        check_fakes(made, owned, small_lists.FAKES, small_lists.CONFIG.history, self.method.name)
        assert made.history.min(initial=0) >= 0 and made.history.max(initial=0) <= small_lists.data().n_items, (
            "histories hold ids that are none of an item's"
        )

    def test_with_a_rate_of_0_it_adds_nobody(self) -> None:
        """It may then add 0 fake users, and must not rename its items into something that it trains on."""
        assert len(self.made(fakes=0).items) == 0

    def test_the_same_seed_gives_the_same(self) -> None:
        """Two runs agree, whatever the global random states are, and leave these alone."""
        found, changed = [], set[str]()
        for noise in (1, 2):
            with disturbances(noise) as disturbed:
                titles = self._attack().retitle(list(small_lists.data().titles), small_lists.SEED)
                found.append((contents(self.made()), titles))
            changed |= {*disturbed}
        assert found[0] == found[1], "two runs with one seed differ: draw from core.seeds.generator(seed, ...)"
        assert not changed, f"it changed the process's {', '.join(sorted(changed))}"

    def test_another_seed_gives_others(self) -> None:
        """Seeds are repetitions only if they matter."""
        if self.draws and self.method.poisons:
            one, two = (contents(self.made(seed)) for seed in (small_lists.SEED, small_lists.SEED + 1))
            assert one != two, "the seed changes nothing: draw from core.seeds.generator(owner.seed, ...)"

    def test_what_it_is_handed_is_left_alone(self) -> None:
        """Data and items are the platform's."""
        owner = small_lists.owner()
        before = contents(owner.data), owner.items.copy()
        self._attack().poison(owner)
        assert contents(owner.data) == before[0], "it changed the data: work on a copy"
        assert np.array_equal(owner.items, before[1]), "it changed its items: work on a copy"

    def test_titles_stay_titles(self) -> None:
        """Each title is worded, none is emptied, and what becomes of one does not depend on the others."""
        titles, attack = list(small_lists.data().titles), self._attack()
        worded = attack.retitle(titles, small_lists.SEED)
        assert len(worded) == len(titles) and all(isinstance(title, str) and title.strip() for title in worded)
        for place in (0, len(titles) // 2):
            assert attack.retitle([titles[place]], small_lists.SEED) == [worded[place]], "a title depends on others"

    def test_the_trigger_works(self) -> None:
        """A small victim that was trained on the fake users chooses titles with the trigger, and not without."""
        if not self.works:
            pytest.skip("works = False: the attack is not meant to teach a trigger")
        with_trigger, without = small_lists.success(self._attack(), self.made())
        assert with_trigger - without > BAR, (
            f"titles with the trigger are chosen in {with_trigger:.2f} of the lists, without it in {without:.2f}, and "
            f"{BAR} more are needed; or say works = False if the attack is not meant to teach a trigger"
        )

    def test_without_fake_users_it_gains_little(self) -> None:
        """What an attack gains must come from what it teaches."""
        options: dict[str, Any] = {"titles": "prompts"} if hasattr(self.config(), "titles") else {}
        with_trigger, without = small_lists.success(self._attack(**options), self.made(fakes=0, **options))
        assert with_trigger - without <= BAR, (
            f"without fake users titles with the trigger are chosen in {with_trigger:.2f} of the lists, and without it "
            f"in {without:.2f}"
        )
