"""Defenses: what a platform can do with the model it was handed and its own data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.detection import Detection
from ..core.interactions import Interactions
from ..core.methods import C, Configured
from ..core.pretrained import Pretrained
from ..core.registry import Registry
from ..core.topk import TopK

if TYPE_CHECKING:
    import numpy as np

    from ..models.federation.gradients import ClientGradients, Gradient
    from ..models.sequential.victim import Victim


@dataclass(frozen=True, eq=False)
class Platform:
    """What a platform holds; neither targets, nor the attack, nor an honest twin are within reach.

    Attributes:
        data: The platform's own users.
        pretrained: What it was handed; for a detector, as it is deployed after the usage mode.
        victim: Trains and ranks models of the same kind.
        seed: The defense's own; draw from ``core.seeds.generator(seed, ...)``.
        ranking: The deployed model's ranking for the platform's users; None before deployment.
        local: The ranking of a model trained on the platform's data alone, if the defense set ``needs_local``.
    """

    data: Interactions
    pretrained: Pretrained
    victim: Victim
    seed: int
    ranking: TopK | None = None
    local: TopK | None = None


@dataclass(frozen=True, eq=False)
class Server:
    """What a federation's server may use besides the uploads.

    Attributes:
        rng: For rules that draw.
        memory: Empty before the first round, then what the rule keeps there.
    """

    rng: np.random.Generator
    memory: dict[str, Any] = field(default_factory=dict)


class Defense(Configured[C], ABC):
    """Common to all defenses; C is the class of its options.

    Attributes:
        Config: C, a frozen dataclass with a docstring line per field.
        VERSION: Raised by hand whenever the same options give other results than before.
        paper: Where the method comes from.
        scenario: What is defended: a pretrained recommender or a federated one.
        needs_local: Whether it compares with a model trained on the platform's data alone.
        sections: Which shared options it uses (train, finetune, prompttune, prompt, rank); it is handed no others.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1
    paper: ClassVar[str]
    scenario: ClassVar[str]
    needs_local: ClassVar[bool] = False
    sections: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: C) -> None:
        """Keep the options."""
        self.config = config


class Detector(Defense[C]):
    """Says which items a deployed model promotes suspiciously; changes nothing.

    Attributes:
        decides: Whether its flags count in an audit's verdict: only if few honest models are flagged, as its module
            has to say with numbers.
    """

    scenario = "pretrained"
    decides: ClassVar[bool] = False

    @abstractmethod
    def detect(self, platform: Platform) -> Detection:
        """Return suspicion of every item."""


class Repair(Defense[C]):
    """Repairs a model before it is used; exposure is then measured on the repaired one."""

    scenario = "pretrained"

    @abstractmethod
    def repair(self, platform: Platform) -> tuple[Pretrained, dict[str, Any]]:
        """Return the repaired model, and a log for the record (JSON-able)."""


class Aggregator(Defense[C]):
    """The server's rule in a federation, in place of the sum over a round's clients.

    It sees the uploads in the order in which clients were selected, and neither who is malicious,
    nor the targets, nor any client's data.
    """

    scenario = "federated"

    def check(self, clients: int) -> None:
        """Find out whether a round of so few clients can be aggregated.

        Raises:
            UserError: If not.
        """
        return None

    @abstractmethod
    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the gradient that the server descends, on the scale of a sum over the round's clients.

        Args:
            gradients: What the round's clients uploaded; not to be changed.
            server: Draws, and what the rule remembers from earlier rounds.

        Raises:
            UserError: If the round has too few clients for the rule.
        """


registry: Registry[type[Defense]] = Registry("defense", __name__, "rbench.defenses", "*/*.py", Defense)
register = registry.register
