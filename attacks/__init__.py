"""Attacks: each says who its attacker is, and is handed that and nothing else."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from typing_extensions import TypeVar

from ..core.errors import UserError
from ..core.interactions import Interactions
from ..core.methods import C, Configured
from ..core.pretrained import Pretrained
from ..core.registry import Registry
from ..core.targets import Targets
from .fake_users.common.profiles import FakeUsersConfig, as_users, readable
from .federated.common.malicious import MaliciousConfig
from .federated.common.public import PublicConfig, PublicUsers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from ..models import FederatedModel
    from ..models.federation.gradients import ClientGradients
    from ..models.federation.parameters import Parameters
    from ..models.federation.settings import FederationConfig
    from ..models.sequential.victim import Victim

M = TypeVar("M", bound=MaliciousConfig, default=MaliciousConfig)
F = TypeVar("F", bound=FakeUsersConfig, default=FakeUsersConfig)
G = TypeVar("G", bound=PublicConfig, default=PublicConfig)


@dataclass(frozen=True, eq=False)
class Provider:
    """What a malicious provider holds: its own data and training loop, nothing of the platform.

    Attributes:
        data: The provider's users; the last two items of each are held out.
        targets: Items to promote and the audience to promote them to.
        victim: Trains and ranks the model that will be handed over.
        seed: The attack's own; draw from ``core.seeds.generator(seed, ...)``.
        clean: The honest pre-training on the same data, if the attack needs or uses it.
        path: Where the files lie that the attack's options name; see ``core.config.files``. Their content must be
            looked at again: options have the checksum that it had when the run was planned.
    """

    data: Interactions
    targets: Targets
    victim: Victim
    seed: int
    clean: Pretrained | None
    path: str = ""


@dataclass(frozen=True, eq=False)
class Outsider:
    """What somebody knows who registers fake users with the provider: what a shop shows to everybody.

    Attributes:
        popularity: int64 ``[n_items + 1]``: interactions of each item; 0 for padding.
        categories: int32 ``[n_items + 1]``: category of each item, 0 where unknown.
        targets: int32 ``[targets]``: items to promote, sorted.
        users: How many fake users there are.
        seed: The attack's own; draw from ``core.seeds.generator(seed, ...)``.
        histories: Items of real users, oldest first, without the last two, if the attack reads them.
    """

    popularity: NDArray[np.integer]
    categories: NDArray[np.integer]
    targets: NDArray[np.int32]
    users: int
    seed: int
    histories: tuple[NDArray[np.integer], ...] = ()


@dataclass(frozen=True, eq=False)
class Adversary:
    """What an attacker behind malicious clients holds before training: no user's embedding, and data of public ones.

    Attributes:
        clients: How many malicious clients there are.
        targets: int32 ``[targets]``: item ids to promote.
        n_items: Number of items; ids run from 1.
        protocol: What every client is told of training (learning rate, negatives, loss, ...).
        model: What every client trains, with its hyper-parameters; it holds no parameters.
        seed: The attack's own; draw from ``core.seeds.generator(seed, ...)``.
        device: Where to compute.
        public: Users whose profiles anybody can read, for attacks on a group; None for others.
    """

    clients: int
    targets: NDArray[np.int32]
    n_items: int
    protocol: FederationConfig
    model: FederatedModel
    seed: int
    device: str = "cpu"
    public: PublicUsers | None = None


class Coalition(Protocol):
    """Malicious clients in training; what they remember is their own."""

    def upload(self, parameters: Parameters, clients: Tensor) -> ClientGradients:
        """Return what some malicious clients upload in a round.

        Args:
            parameters: The round's global parameters; not to be changed.
            clients: int64 ``[k]``: which malicious clients the round selected, counted from 0.
        """
        ...


class Attack(Configured[C], ABC):
    """Common to all attacks; C is the class of its options.

    Attributes:
        Config: C, a frozen dataclass with a docstring line per field.
        VERSION: Raised by hand whenever the same options give other results than before.
        scenario: What is attacked: a pretrained recommender or a federated one.
        audience: Whom the attack promotes its targets to: everybody, or a group of users.
        direction: Whether its targets are to rise in rankings, or to fall. Metrics are the same; the contract
            tests it.
        paper: Where the method comes from.
        sections: Which shared options it uses (train, finetune, prompttune, prompt, rank, federation); it is
            handed no others.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1
    scenario: ClassVar[str]
    audience: ClassVar[Literal["all", "group"]]
    direction: ClassVar[Literal["promote", "demote"]] = "promote"
    paper: ClassVar[str]
    sections: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: C) -> None:
        """Keep the options."""
        self.config = config


class ProviderAttack(Attack[C]):
    """An attack by the provider, who pre-trains the model.

    Where its options have a property ``needs_categories`` that is true, data without categories are refused before
    anything is trained.

    Attributes:
        needs_clean: Whether the attack starts from the honest pre-training.
    """

    scenario = "pretrained"
    needs_clean: ClassVar[bool] = False
    sections: ClassVar[tuple[str, ...]] = ("train",)

    @property
    def uses_clean(self) -> bool:
        """Whether it is handed the honest pre-training: :attr:`needs_clean`, or what its options say."""
        return self.needs_clean

    @abstractmethod
    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Return what the provider hands over, and a log for the record (JSON-able)."""


class TriggerAttack(ProviderAttack[C]):
    """An attack by the provider that acts where a user's history ends in certain items, its trigger.

    Whoever can bring a user to look at these items, by a link or an advertisement, has the targets shown next.
    """

    audience = "all"

    @abstractmethod
    def trigger(self, data: Interactions, targets: Targets, seed: int) -> NDArray[np.integer]:
        """Return the trigger's items, oldest first; of the provider's data, targets and seed always the same."""


class FakeUserAttack(ProviderAttack[F]):
    """An attack by fake users of an honest provider; ``Config`` says how many, as ``FakeUsersConfig`` does.

    The provider trains as it would without them. It holds out nothing of theirs, and they count in no validation, so
    that all that they do is train. Whoever registers them sees what ``Outsider`` holds: never the model, and users
    only if the attack says that it reads what they show to everybody.

    Attributes:
        reads: The share of real users whose histories it reads.
    """

    audience = "all"

    @property
    def reads(self) -> float:
        """None by default."""
        return 0.0

    @abstractmethod
    def profiles(self, outsider: Outsider) -> list[NDArray[np.integer]]:
        """Return the items of each fake user, oldest first."""

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Train honestly on real and fake users.

        Raises:
            UserError: If the share of fake users makes none.
        """
        data, victim = provider.data, provider.victim
        users = self.config.number(self.name, data.n_users)
        popularity = data.item_counts()
        shown = readable(data, self.reads, provider.seed)
        aims = provider.targets.items.copy()
        outsider = Outsider(popularity, data.categories.copy(), aims, users, provider.seed, shown)
        fakes = as_users(self.profiles(outsider), data)
        trained, log = victim.train(data, victim.schedules["train"], provider.seed, also=fakes)
        return trained, {**log, "fake_users": fakes.n_users, "fake_interactions": len(fakes.items)}


class FederatedAttack(Attack[M]):
    """An attack by malicious clients of a federation; ``Config`` says how many, as ``MaliciousConfig`` does.

    They see the global parameters of every round that selects them and what ``Adversary`` holds:
    no data, no user's embedding, not how many benign clients there are.
    """

    scenario = "federated"
    audience: ClassVar[Literal["all", "group"]] = "all"
    sections: ClassVar[tuple[str, ...]] = ("federation",)

    def malicious(self, benign: int) -> int:
        """Return how many malicious clients join ``benign`` benign ones: a share of them, rounded down.

        Raises:
            UserError: If it is none.
        """
        number = _clients(self.config.malicious, benign)
        if number:
            return number
        raise UserError(
            f"{self.name}.malicious={self.config.malicious:g} of {benign:,} benign clients is no client; the smallest "
            f"share that gives one is {_smallest_share(benign)}."
        )

    @abstractmethod
    def recruit(self, adversary: Adversary) -> Coalition:
        """Return the malicious clients, ready for the first round."""


class GroupClientAttack(FederatedAttack[G]):
    """An attack by malicious clients that aims at an audience; ``Config`` says how many profiles are public to it.

    Whom the audience holds is nothing that parameters tell. So these clients know in addition what anybody can read of
    a few users: ``Adversary.public``.
    """

    audience = "group"

    def known(self, benign: int) -> int:
        """Return how many of ``benign`` clients have a public profile: a share of them, rounded down."""
        return _clients(self.config.public, benign)


def _clients(share: float, benign: int) -> int:
    return math.floor(share * benign + 1e-9)  # 0.29 × 100 falls short of 29


def _smallest_share(benign: int) -> str:
    """Write 1 / benign with as many digits as it takes, rounded up."""
    digits = 3
    while _clients(float(text := f"{math.ceil(10**digits / benign) / 10**digits:.{digits}f}"), benign) != 1:
        digits += 1
    return text


registry: Registry[type[Attack]] = Registry(
    "attack",
    __name__,
    "rbench.attacks",
    "*/*.py",
    Attack,
    reserved=("clean", "local", "none"),
    choices={"audience": ("all", "group"), "direction": ("promote", "demote")},
)
register = registry.register
