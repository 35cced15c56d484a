"""The contract of victims."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from .. import models
from ..core.artifacts import decode, encode
from ..core.config import configure
from ..core.pretrained import Pretrained
from ..datasets.checkerboard import CheckerboardConfig, best_hit_rate
from . import small_data
from .contract import ConfiguredContract
from .observe import DISTURBED, Observed, observe

if TYPE_CHECKING:
    from torch import Tensor

    from ..models.sequential.encoder import SequenceEncoder

ITEMS, LENGTH = 12, 6


class ModelContract(ConfiguredContract):
    """Contract of a ``Model`` and its network.

    Attributes:
        model: The class under test.
        options: Sizes to test with; ``max_length`` has to be 6 or more.
        schedule: Changes to the short training schedule, for models that learn slowly.
        learns: Whether it must learn the checkerboard's order.
    """

    kind, registry = "model", models.registry
    model: ClassVar[type[models.Model]]
    schedule: ClassVar[Mapping[str, object]] = {}
    learns: ClassVar[bool] = True

    def network(self, seed: int = 0) -> SequenceEncoder:
        """Return a fresh network over 12 items, not training."""
        return _network(self.method, self.config(), seed)

    def run(self, noise: int = 1, **schedule: object) -> Observed:
        """Return the model trained on the checkerboard; the same call is made once."""
        self.config()
        options = json.dumps({**self.options}, sort_keys=True)
        return _run(self.method, options, json.dumps({**self.schedule, **schedule}, sort_keys=True), noise)

    def test_it_has_a_longest_history(self) -> None:
        """The trainer cuts sequences to it."""
        names = [f.name for f in dataclasses.fields(self.method.Config)]
        assert "max_length" in names, f"{self.method.Config.__name__} has no max_length: int, the longest history"
        assert self.network().max_length == self.config().max_length, (
            f"the network's max_length is {self.network().max_length}, the configuration's {self.config().max_length}"
        )

    def test_the_network_is_drawn_from_torch_alone(self) -> None:
        """``build`` takes its weights from torch's random state, which the trainer seeds."""
        one, again, other = (_state(self.network(seed)) for seed in (0, 0, 1))
        assert one == again, "two networks built from one random state differ: draw from torch's random state alone"
        assert one != other, "the random state does not matter to the weights: draw them in build, and seed nothing"

    def test_the_item_table_has_a_row_for_padding(self) -> None:
        """Scores are one for each row of the table, row 0 being padding."""
        import torch

        net, items = self.network(), torch.tensor([[1, 2, 3, 0, 0, 0]])
        rows, width = net.item_embedding.weight.shape
        assert rows == ITEMS + 1, f"the item table has {rows} rows for {ITEMS} items; n_items + 1 are needed"
        if net.examples == "windows":
            hidden = _encode(net, items)
            assert tuple(hidden.shape) == (1, LENGTH, width), (
                f"encode gives {tuple(hidden.shape)}, not [batch, length, d]"
            )
        with torch.no_grad():
            scores = net.scores(items, torch.tensor([3]))
        assert tuple(scores.shape) == (1, rows), f"scores gives {tuple(scores.shape)}, not [batch, n_items + 1]"

    def test_positions_do_not_see_what_comes_after(self) -> None:
        """Training uses every position at once, and would otherwise learn from its own answers."""
        import torch

        one, two = torch.tensor([[1, 2, 3, 4, 5, 6]]), torch.tensor([[1, 2, 3, 9, 8, 7]])
        net = self.network()
        if net.examples == "windows":
            _same(_encode(net, one)[:, :3], _encode(net, two)[:, :3], "later items change earlier positions")
        scores = _scores(net, one)
        changed = (scores - _scores(net, two)).abs().max() / scores.abs().max()  # initial scores may be tiny
        assert changed > 1e-5, f"other items change scores by a share of {changed:.2g}: items do not matter at all"

    def test_the_last_position_is_the_sequence(self) -> None:
        """Training on windows and ranking agree: a prefix by itself is encoded as inside its sequence."""
        import torch

        net, items = self.network(), torch.tensor([[1, 2, 3, 4, 5, 6]])
        if net.examples != "windows":
            pytest.skip(f"examples = {net.examples!r}: training gives every prefix by itself")
        alone = torch.cat([_last(net, items[:, :n]) for n in range(1, LENGTH + 1)])
        _same(_encode(net, items)[0], alone, "an encoding by itself and inside a longer sequence differ")

    def test_padding_and_the_batch_do_not_matter(self) -> None:
        """A sequence has the same scores whatever stands behind or beside it."""
        import torch

        net = self.network()
        alone = _scores(net, torch.tensor([[1, 2, 3]]))
        batch = _scores(net, torch.tensor([[1, 2, 3, 0, 0, 0], [7, 8, 9, 10, 11, 12]]))
        _same(alone[0], batch[0], "padding or the batch's other sequences change scores")

    def test_row_0_of_the_item_table_does_not_matter(self) -> None:
        """Whoever hands a model over could hide something in the padding."""
        import torch

        net, items = self.network(), torch.tensor([[1, 2, 3, 0, 0, 0]])
        before = _scores(net, items)
        with torch.no_grad():
            net.item_embedding.weight[0] += 1
        _same(before, _scores(net, items), "what stands in the item table's row 0 changes scores")

    def test_it_only_looks_up_if_it_says_so(self) -> None:
        """With ``only_looks_up``, training on large tables keeps no other rows than a batch's up to date."""
        import torch

        net, items = self.network(), torch.tensor([[1, 2, 3]])
        if not net.only_looks_up:
            pytest.skip("only_looks_up = False: the network promises nothing of how it reads its table")
        before, table = _last(net, items), net.item_embedding
        with torch.no_grad():
            table.weight[0] += 1
            table.weight[4:] += 1
        _same(before, _last(net, items), "rows of items outside the batch change an encoding")
        table.sparse = True
        net.last(items, _lengths(items)).square().sum().backward()  # type: ignore[no-untyped-call]  # torch's
        grad = table.weight.grad
        assert grad is not None and grad.is_sparse, "the table is read otherwise than by item_embedding(items)"

    @pytest.mark.parametrize("deep", [False, True], ids=["first-layer", "every-layer"])
    def test_prompts_reach_every_position(self, deep: bool) -> None:
        """Soft tokens before the sequence change its encoding and not its shape."""
        import torch

        net, items = self.network(), torch.tensor([[1, 2, 3, 4, 5, 6]])
        assert net.takes_prompts == self.method.takes_prompts, "model and network differ in takes_prompts"
        if not net.takes_prompts:
            pytest.skip("takes_prompts = False: attacks and usage modes with prompts are refused")
        encode = {"windows": _encode, "prefixes": _last, "cloze": _scores}[net.examples]
        width = net.item_embedding.embedding_dim
        prompt = torch.randn(1, net.depth if deep else 1, 2, width, generator=torch.Generator().manual_seed(0))
        bare, prompted = encode(net, items), encode(net, items, prompt)
        assert prompted.shape == bare.shape, (
            f"prompts change the shape {tuple(bare.shape)} to {tuple(prompted.shape)}: cut their positions off"
        )
        moved = (prompted - bare).abs().amax(-1)
        assert bool((moved > 1e-6).all()), "prompts do not reach every position: put them before the sequence"

    def test_it_says_whether_scores_are_products(self) -> None:
        """Repairs of the item table are refused before any work where it has no known effect."""
        from ..models.sequential.encoder import SequenceEncoder

        own = type(self.network()).scores is not SequenceEncoder.scores
        if self.method.has_products is None:
            pytest.skip("has_products = None: it depends on the options")
        assert self.method.has_products != own, (
            f"the network has {'scores of its own' if own else 'no scores of its own'}, so that has_products should "
            f"be {not own}"
        )

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Two trainings agree byte for byte, and no global random state is changed."""
        one, two = (self.run(noise, epochs=4) for noise in (1, 2))
        assert one.files == two.files, "two trainings with one seed differ: draw from torch's random state alone"
        assert not one.disturbed, DISTURBED.format(", ".join(one.disturbed))

    def test_a_stored_state_ranks_alike(self) -> None:
        """What was learnt is all in the state."""
        maker, data = _victim(self.method, self.config(), {}), small_data.partition().platform
        model = self.run().value
        first, second = (encode(maker.rank(m, data)) for m in (model, decode(encode(model))))
        assert first == second, "a model ranks otherwise after being stored: keep all that is learnt in its state_dict"

    def test_it_learns_the_checkerboard(self) -> None:
        """HR@1 is at least half of what the data allow; colours alone, without the order, give a tenth."""
        if not self.learns:
            pytest.skip("learns = False")
        maker, data = _victim(self.method, self.config(), {}), small_data.partition().platform
        reached = float((maker.rank(self.run().value, data).held_out_rank == 1).mean())
        best = best_hit_rate(CheckerboardConfig())
        assert reached >= best / 2, (
            f"HR@1 is {reached:.2f}, and at least {best / 2:.2f} is needed, half of the best possible; a longer "
            'schedule helps: schedule = {"epochs": 24}; or say learns = False, and why'
        )


def _network(cls: type[models.Model], config: Any, seed: int) -> SequenceEncoder:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        categories = [np.arange(ITEMS + 1) % 3] if cls.needs_categories else []
        build: Any = cls.build
        network: SequenceEncoder = build(config, ITEMS, *categories).eval()
        return network


def _state(net: SequenceEncoder) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in net.state_dict().items()}


def _encode(net: SequenceEncoder, items: Tensor, prompt: Tensor | None = None) -> Tensor:
    import torch

    with torch.no_grad():
        return net.encode(items, prompt)


def _last(net: SequenceEncoder, items: Tensor, prompt: Tensor | None = None) -> Tensor:
    import torch

    with torch.no_grad():
        return net.last(items, _lengths(items), prompt)


def _scores(net: SequenceEncoder, items: Tensor, prompt: Tensor | None = None) -> Tensor:
    """Return the scores of all items but padding."""
    import torch

    with torch.no_grad():
        return net.scores(items, _lengths(items), prompt)[:, 1:]


def _lengths(items: Tensor) -> Tensor:
    return (items > 0).sum(1)


def _same(one: Tensor, two: Tensor, otherwise: str) -> None:
    difference = float((one - two).abs().max())
    assert difference < 1e-5, f"{otherwise} (by up to {difference:.2g})"


def _victim(cls: type[models.Model], config: Any, schedule: Mapping[str, Any]) -> Any:
    return small_data.victim(model=cls, config=config, **schedule)


@functools.cache
def _run(cls: type[models.Model], options: str, schedule: str, noise: int) -> Observed:
    maker = _victim(cls, configure(cls.Config, json.loads(options), cls.name), json.loads(schedule))
    given = {
        "data": small_data.partition().provider,
        "schedule": maker.schedules["train"],
        "seed": small_data.SEED,
    }
    return observe(maker.train, given, noise, Pretrained, dict)
