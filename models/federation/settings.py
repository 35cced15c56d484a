"""The federated protocol's options; free of torch, so that planning stays fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class FederationConfig:
    """How clients and server train together, and what is looked at; the defaults are those of A-ra and A-hum."""

    epochs: int = 30
    """Epochs; each sees every client once."""
    clients_per_round: int = 256
    """Clients whose gradients the server adds up before it takes a step; an epoch's last round may be smaller."""
    lr: float = 0.001
    """Learning rate of the server and of each client's own embedding (plain gradient descent)."""
    negatives: int = 4
    """Uniform negatives for each positive, with replacement, outside the client's own training items."""
    resample: bool = False
    """Draw the negatives anew every epoch; false keeps the first draw."""
    client_loss: Literal["mean", "sum"] = "mean"
    """Cross-entropy of a client: mean over its samples (released code) or sum (the paper's equation 4)."""
    test_share: float = 0.2
    """Share of a user's interactions that is held out, rounded down."""
    split: Literal["tail", "random"] = "tail"
    """tail: the last interactions are held out (the released split); random: any, by seed."""
    exposure_at: tuple[int, ...] = (5, 10, 20, 30)
    """Lengths K of the list in which the targets' exposure ratio is measured."""
    accuracy_at: int = 20
    """Length of the list in which recall and NDCG are measured."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained or measured."""
        for name in ("epochs", "clients_per_round", "lr", "negatives", "accuracy_at"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)} must be positive.")
        if not 0 < self.test_share < 1:
            raise ValueError(f"test_share={self.test_share} must lie between 0 and 1, both excluded.")
        if not self.exposure_at or min(self.exposure_at) < 1 or len({*self.exposure_at}) < len(self.exposure_at):
            raise ValueError(f"exposure_at={self.exposure_at} must name one or more different lengths of at least 1.")
