"""The federated protocol's options; free of torch, so that planning stays fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ...core.config import Options
from ...core.ranges import Count, Positive, Range

ENGINE = 1
"""Version of the simulation and its evaluation. Raise it whenever the same options give other results."""


@dataclass(frozen=True)
class FederationConfig(Options):
    """How clients and server train together, and what is looked at; the defaults are those of A-ra and A-hum."""

    epochs: Count = 30
    """Epochs; each sees every client once."""
    clients_per_round: Count = 256
    """Clients whose gradients the server adds up before it takes a step; an epoch's last round may be smaller."""
    lr: Positive = 0.001
    """Learning rate of the server and of each client's own embedding (plain gradient descent)."""
    negatives: Count = 4
    """Uniform negatives for each positive, with replacement, outside the client's own training items."""
    resample: bool = False
    """Draw the negatives anew every epoch; false keeps the first draw."""
    client_loss: Literal["mean", "sum"] = "mean"
    """Cross-entropy of a client: mean over its samples (released code) or sum (the paper's equation 4)."""
    test_share: Annotated[float, Range(above=0, below=1)] = 0.2
    """Share of a user's interactions that is held out, rounded down."""
    split: Literal["tail", "random"] = "tail"
    """tail: the last interactions are held out (the released split); random: any, by seed."""
    exposure_at: tuple[Count, ...] = (5, 10, 20, 30)
    """Lengths K of the list in which the targets' exposure ratio is measured."""
    accuracy_at: Count = 20
    """Length of the list in which recall and NDCG are measured."""

    def __post_init__(self) -> None:
        """Refuse lists without a length, or with one twice."""
        super().__post_init__()
        if not self.exposure_at or len({*self.exposure_at}) < len(self.exposure_at):
            raise ValueError(f"exposure_at={self.exposure_at} must name one or more different lengths.")
