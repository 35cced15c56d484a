"""Defenses: what a platform can do with the model it was handed and its own data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..core.detection import Detection, Verdict
from ..core.methods import C, Configured
from ..core.pretrained import Pretrained
from ..core.registry import Registry
from ..core.topk import TopK
from .inputs import Flagged, Input, Local, OwnModel, ReferenceModels
from .views import Deployed, Handed, Server

if TYPE_CHECKING:
    from ..models.federation.gradients import ClientGradients, Gradient

__all__ = [
    "Aggregator",
    "Defense",
    "Deployed",
    "Detector",
    "Flagged",
    "Handed",
    "Input",
    "Local",
    "OwnModel",
    "ReferenceModels",
    "Repair",
    "Scan",
    "Server",
    "Serving",
    "register",
    "registry",
]


class Defense(Configured[C], ABC):
    """Common to all defenses; C is the class of its options.

    Attributes:
        Config: C, a frozen dataclass with a docstring line per field.
        VERSION: Raised by hand whenever the same options give other results than before.
        paper: Where the method comes from.
        scenario: What is defended: a pretrained recommender or a federated one.
        sections: Which shared options it uses (train, finetune, prompttune, prompt, rank); it is handed no others.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1
    paper: ClassVar[str]
    scenario: ClassVar[str]
    sections: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: C) -> None:
        """Keep the options."""
        self.config = config

    @property
    def inputs(self) -> tuple[Input[Any], ...]:
        """What it is given beside model and data, e.g. ``inputs = (Local(),)``; it may depend on the options."""
        return ()


class Detector(Defense[C]):
    """Says which items a deployed model promotes suspiciously; changes nothing.

    Attributes:
        decides: Whether its flags count in an audit's verdict: only if few honest models are flagged, as its module
            has to say with numbers.
        weighs_exposure: Whether its recall is also weighted by the targets' exposure.
    """

    scenario = "pretrained"
    decides: ClassVar[bool] = False
    weighs_exposure: ClassVar[bool] = True

    @abstractmethod
    def detect(self, deployed: Deployed) -> Detection:
        """Return suspicion of every item."""


class Scan(Defense[C]):
    """Says how suspect a deployed model is as a whole, beside models that are known to be honest; changes nothing."""

    scenario = "pretrained"

    @abstractmethod
    def scan(self, deployed: Deployed) -> Verdict:
        """Return the model's statistic, and its null."""


class Repair(Defense[C]):
    """Repairs a model; exposure is then measured on the repaired one.

    Attributes:
        place: When it acts: ``before`` the model is used; in the place of the ``tuning`` of a usage mode; or ``after``
            it was tuned, when it is handed a :class:`Deployed`.
        tunes: With ``place = "tuning"``, the usage mode whose tuning it takes the place of.
        needs_products: Whether the model's scores must be products of states with its item table.
    """

    scenario = "pretrained"
    needs_products: ClassVar[bool] = False
    place: ClassVar[Literal["before", "tuning", "after"]] = "before"
    tunes: ClassVar[str] = "ft"

    @abstractmethod
    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Return the repaired model, and a log for the record (JSON-able)."""


class Serving(Defense[C]):
    """Changes the lists that a deployed model's users are shown, and not the model."""

    scenario = "pretrained"

    @abstractmethod
    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        """Return the ranking that is served instead of ``deployed.ranking``, and a log for the record (JSON-able).

        ``items`` keeps its shape, with 0 where a list is shorter; ``held_out_rank`` is beyond the list where the
        held-out item is not in it; ``candidates`` and ``users`` stay.
        """


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


registry: Registry[type[Defense]] = Registry("defense", __name__, "rbench.defenses", "*/*.py", Defense, ("none",))
register = registry.register
