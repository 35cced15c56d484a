"""What defenders hold; neither targets, nor the attack, nor an honest twin are within reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..core.interactions import Interactions
from ..core.pretrained import Pretrained
from ..core.topk import TopK
from .inputs import G, Input, given

if TYPE_CHECKING:
    import numpy as np

    from ..models.federation.suspicion import Suspicion
    from ..models.sequential.victim import Victim


@dataclass(frozen=True, eq=False)
class Handed:
    """What a platform holds before it uses a model.

    Attributes:
        data: The platform's own users.
        pretrained: The model to be looked at or mended, as the provider handed it over or an earlier repair left it.
        victim: Trains and ranks models of the same kind.
        seed: The defense's own; draw from ``core.seeds.generator(seed, ...)``.
        inputs: What the defense declared, by its type; read it with :meth:`given`.
    """

    data: Interactions
    pretrained: Pretrained
    victim: Victim
    seed: int
    inputs: Mapping[type[Input[Any]], Any] = field(default_factory=dict, kw_only=True)

    def has(self, kind: type[Input[Any]]) -> bool:
        """Return whether :meth:`given` has it, which is open only for inputs that are not ``needed``."""
        return kind in self.inputs

    def given(self, kind: type[Input[G]]) -> G:
        """Return what was declared, e.g. ``handed.given(Local).ranking`` after ``inputs = (Local(),)``.

        Raises:
            LookupError: If it was not.
        """
        return given(self.inputs, kind)


@dataclass(frozen=True, eq=False)
class Deployed(Handed):
    """What a platform holds once a model is in use: ``pretrained`` is the model as it is used.

    Attributes:
        handed: What the provider handed over; the same as ``pretrained`` if nothing has changed it.
        mode: The usage mode, e.g. ``ft``; ``direct`` for every mode that leaves the model as it was handed over.
        ranking: The ranking, for the platform's users, of the model in use.
    """

    handed: Pretrained
    mode: str
    ranking: TopK


@dataclass(frozen=True, eq=False)
class Server:
    """What a federation's server may use besides the uploads.

    Attributes:
        rng: For rules that draw.
        memory: Empty before the first round, then what the rule keeps there.
        told: Whom a rule distrusts, if it says so: it appends a ``Suspicion`` of the round's clients in each round.
    """

    rng: np.random.Generator
    memory: dict[str, Any] = field(default_factory=dict)
    told: list[Suspicion] = field(default_factory=list)
