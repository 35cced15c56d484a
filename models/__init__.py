"""Victims: recommenders behind one small interface for each way to train them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from ..core.errors import UserError
from ..core.methods import C, Configured
from ..core.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ..core.interactions import Interactions
    from .federation.gradients import LocalGradients, Wanted
    from .federation.parameters import Parameters
    from .federation.samples import Samples
    from .federation.threads import ThreadPool
    from .sequential.encoder import SequenceEncoder


class Recommender(Configured[C], ABC):
    """Common to all victims; C is the class of their hyper-parameters.

    Attributes:
        Config: C, a frozen dataclass with a docstring line per field.
        VERSION: Raised by hand whenever the same configuration gives other results than before.
        scenario: How it is trained and by whom it can be attacked: pretrained or federated.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1
    scenario: ClassVar[str]


class Model(Recommender[C]):
    """A sequential recommender that a provider pre-trains and a platform uses; ``Config`` must have ``max_length``.

    Attributes:
        needs_categories: Whether it reads items' categories. ``build`` is then handed them as a third argument,
            int32 ``[n_items + 1]``, 0 where unknown; and data without any are refused.
        search: What ``rbench tune`` tries for it, over its usual values: an option of its own, or of a section, e.g.
            ``train.lr``, to values. All values of its own options and of ``train`` are tried with each other; those
            of ``finetune`` by themselves, and so those of ``prompttune``.
        takes_prompts: Whether soft tokens may stand before a sequence; if not, attacks and usage modes with the
            section ``prompt`` are refused. The network says the same.
        has_products: Whether scores are products of a history's state with the item table; if not, repairs that
            change the table or states (``needs_products``) are refused. None: it depends on the options.
        recbole: RecBole's class whose states load into it, ``*`` for any class that no other victim names, or None.
            ``Config`` then has ``from_recbole``, which is handed RecBole's options by name and returns those of
            ``Config``; a KeyError names one that is missing. If ``Config`` has an option ``padding``, zero or kept,
            the model reads row 0 of the item table, and an imported one keeps what RecBole has there.
    """

    scenario = "pretrained"
    search: ClassVar[Mapping[str, tuple[object, ...]]] = {}
    needs_categories: ClassVar[bool] = False
    takes_prompts: ClassVar[bool] = True
    has_products: ClassVar[bool | None] = True
    recbole: ClassVar[str | None] = None

    @classmethod
    def losses(cls, config: C) -> tuple[str, ...]:
        """Return the losses of schedules that it can be trained with.

        Raises:
            UserError: If these options describe no model.
        """
        return ("bpr", "softmax")

    @classmethod
    @abstractmethod
    def build(cls, config: C, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised network; draws from torch's current random state."""

    @classmethod
    def build_for(cls, config: C, data: Interactions) -> SequenceEncoder:
        """Return a freshly initialised network over the items of ``data``.

        Raises:
            UserError: If the model needs categories and no item has one.
        """
        build: Callable[..., SequenceEncoder] = cls.build
        if not cls.needs_categories:
            return build(config, data.n_items)
        check_categories(data, [cls.name])
        return build(config, data.n_items, data.categories)


def check_categories(data: Interactions, models: Sequence[str]) -> None:
    """Refuse data without categories.

    Args:
        data: One party's data.
        models: Names of models that need categories, for the message.

    Raises:
        UserError: If no item has a category.
    """
    if models and not data.categories.any():
        refuse_readers(models, data.name)


def refuse_readers(models: Sequence[str], data: str) -> None:
    """Refuse models that need categories.

    Raises:
        UserError: Always.
    """
    raise UserError(
        f"{', '.join(models)}: items' categories are needed, and those of {data} have none; "
        "choose other models, or give the items categories."
    )


class Scorer(Protocol):
    """Scores all items for users whose embeddings it holds; several threads may use it at once."""

    def fill(self, scores: Tensor, first: int) -> None:
        """Fill in scores that order each user's items.

        Args:
            scores: ``[k, n_items + 1]``, to be overwritten; column 0 is padding and may hold any number.
            first: The rows are for the user ``first`` and the ``k - 1`` after it.
        """
        ...


class FederatedModel(Recommender[C]):
    """A recommender that clients train together, each keeping its data and its user's embedding.

    What is trained are the global parameters, an item table and any further named tensors, and a private
    embedding for each user. ``logits`` says what the model is; its gradients and scores follow from it by
    automatic differentiation. A model may override ``local_gradients`` and ``scorer`` with faster ways: the
    contract holds them against the general ones.
    """

    scenario = "federated"

    def __init__(self, config: C) -> None:
        """Keep the hyper-parameters."""
        self.config = config

    @property
    @abstractmethod
    def user_width(self) -> int:
        """Width of a user's embedding."""

    @abstractmethod
    def parameters(self, n_items: int, rng: np.random.Generator, device: str = "cpu") -> Parameters:
        """Return freshly drawn global parameters, float32: ``Parameters.of(item table, further tensors by name)``.

        The item table is ``[n_items + 1, d]`` with a row 0 of zeros. Clients upload only the rows of items that
        they train on, so what belongs to an item (an embedding, a bias) belongs into its row.
        """

    @abstractmethod
    def users(self, n: int, rng: np.random.Generator, device: str = "cpu") -> Tensor:
        """Return freshly drawn embeddings of ``n`` users, float32 ``[n, user_width]``."""

    @abstractmethod
    def logits(self, user: Tensor, items: Tensor, named: Mapping[str, Tensor]) -> Tensor:
        """Return ``[n]``: for each item the logit of the probability that the user interacts with it.

        Must work under ``torch.func.vmap`` and ``grad``, in any floating-point type and in several threads at once:
        no random draws, no change in place. An item's logit must not depend on which other items are asked for.

        Args:
            user: ``[user_width]``: a user's embedding.
            items: ``[n, d]``: rows of the item table.
            named: The further global parameters.
        """

    def local_gradients(
        self,
        parameters: Parameters,
        users: Tensor,
        samples: Samples,
        weights: Tensor,
        wanted: Wanted = "total",
        pool: ThreadPool | None = None,
    ) -> LocalGradients:
        """Compute losses and gradients of some clients in a round; the loss is the cross-entropy of the logits.

        Args:
            parameters: The round's global parameters; not to be changed.
            users: ``[clients, user_width]``: their users' embeddings.
            samples: What each trains on.
            weights: ``[clients]``: what the cross-entropy of each one's samples is multiplied by.
            wanted: Which gradients: the users' alone, and the global parameters' in total or client by client.
            pool: Threads that share the work; what is returned must not depend on their number.
        """
        from .federation.general import local_gradients
        from .federation.threads import SERIAL

        return local_gradients(self.logits, parameters, users, samples, weights, wanted, pool or SERIAL)

    def scorer(self, parameters: Parameters, users: Tensor) -> Scorer:
        """Return what scores all items for users (``[users, user_width]``); must order them as ``logits`` does."""
        from .federation.general import GeneralScorer

        return GeneralScorer(self.logits, parameters, users)


FILES = ("*.py", "prefixes/*.py", "text/*.py")
registry: Registry[type[Recommender]] = Registry("model", __name__, "rbench.models", FILES, Recommender)
register = registry.register
