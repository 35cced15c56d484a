"""Attacks: each says who its attacker is, and is handed that and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..core.interactions import Interactions
from ..core.pretrained import Pretrained
from ..core.registry import Registry
from ..core.targets import Targets

if TYPE_CHECKING:
    from ..models.engine.victim import Victim


@dataclass(frozen=True, eq=False)
class Provider:
    """What a malicious provider holds: its own data and training loop, nothing of the platform.

    Attributes:
        data: The provider's users; the last two items of each are held out.
        targets: Items to promote and the audience to promote them to.
        victim: Trains and ranks the model that will be handed over.
        seed: The attack's own; draw from ``core.seeds.generator(seed, ...)``.
        clean: The honest pre-training on the same data, if the attack set ``needs_clean``.
    """

    data: Interactions
    targets: Targets
    victim: Victim
    seed: int
    clean: Pretrained | None


class ProviderAttack(ABC):
    """An attack by the party that pre-trains the model.

    Attributes:
        Config: Frozen dataclass of the attack's options, a docstring line per field.
        VERSION: Raised by hand whenever the same options give other results than before.
        audience: Whom the attack promotes its targets to: everybody, or a group of users.
        paper: Where the method comes from.
        needs_clean: Whether the attack starts from the honest pre-training.
        sections: Which shared options it uses (train, finetune, prompttune, prompt, rank); it is handed no others.
    """

    name: ClassVar[str]
    scenario: ClassVar[str] = "pretrained"
    Config: ClassVar[type]
    VERSION: ClassVar[int] = 1
    audience: ClassVar[Literal["all", "group"]]
    paper: ClassVar[str]
    needs_clean: ClassVar[bool] = False
    sections: ClassVar[tuple[str, ...]] = ("train",)

    def __init__(self, config: Any) -> None:
        """Keep the options, an instance of ``Config``."""
        self.config = config

    @abstractmethod
    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Return what the provider hands over, and a log for the record (JSON-able)."""


registry: Registry[type[ProviderAttack]] = Registry("attack", __name__, "rbench.attacks")
register = registry.register
