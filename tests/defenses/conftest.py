from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from rbench.core.pretrained import Pretrained
from rbench.defenses import Deployed
from rbench.testing import small_data


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Sums in parallel depend on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def platform() -> Callable[..., Deployed]:
    """What a platform of the checkerboard holds: the planted model unless another is given."""

    def platform(model: Pretrained | None = None, prompts: bool = False) -> Deployed:
        handed = model if model is not None else small_data.pretrained(True, prompts)
        ranking = small_data.rank(handed)
        data, victim = small_data.partition().platform, small_data.victim()
        return Deployed(data, handed, victim, small_data.SEED, handed, "direct", ranking)

    return platform
