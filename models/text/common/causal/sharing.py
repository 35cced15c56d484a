"""Prompts that begin alike pass a language model as one: their common beginning is read once.

What follows the beginning, a branch a prompt, sees the beginning and itself, at the places that it has in its own
prompt, so that scores and gradients are those of separate prompts. Of ten titles asked about one history, most tokens
are in common.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .network import Adapted

Row = tuple[list[int], list[int], list[int]]
"""Tokens of a prompt, the item at each of them, tokens of its answer (none where it is asked for)."""
CLOSE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}
"""By how much of the largest one logits may differ from those of separate prompts, by what the model computes in."""


@dataclass(frozen=True, eq=False)
class Shared:
    """Some prompts as one sequence of ``w`` tokens.

    Attributes:
        tokens: int64 ``[1, w]``.
        items: int64 ``[1, w]``; as in ``Adapted.embedded``.
        places: int64 ``[1, w]``; a token's place in its own prompt.
        sees: bool ``[w, w]``; which tokens, by column, each one sees.
        ends: For each prompt, where its last token and the tokens of its answer but the last stand.
    """

    tokens: Tensor
    items: Tensor
    places: Tensor
    sees: Tensor
    ends: tuple[list[int], ...]


def shared(rows: Sequence[Row], device: str) -> Shared:
    """Return prompts as one sequence; each has one token of its own at least."""
    first, at_first, _ = rows[0]
    longest = min(len(prompt) for prompt, _, _ in rows) - 1
    alike = 0
    while alike < longest and all((p[alike], at[alike]) == (first[alike], at_first[alike]) for p, at, _ in rows):
        alike += 1
    tokens, items = first[:alike], at_first[:alike]
    places, branch, ends = list(range(alike)), [-1] * alike, []
    for k, (prompt, at, answer) in enumerate(rows):
        own = len(prompt) - alike + len(answer)
        last = len(tokens) + len(prompt) - alike - 1
        ends.append(list(range(last, last + max(1, len(answer)))))
        tokens, items = tokens + prompt[alike:] + answer, items + at[alike:] + [0] * len(answer)
        places, branch = places + list(range(alike, alike + own)), branch + [k] * own
    of = torch.tensor(branch, device=device)
    sees = ((of[None] == -1) | (of[None] == of[:, None])).tril()
    one, two, three = (torch.tensor([values], device=device) for values in (tokens, items, places))
    return Shared(one, two, three, sees, tuple(ends))


def logits(network: Adapted, rows: Sequence[Row], device: str) -> list[Tensor]:
    """Return float32 ``[n, tokens]`` for each prompt: what is foretold of its answer's ``n`` tokens, or of the next.

    Args:
        network: A model that :func:`shares`.
        rows: The prompts.
        device: Where to compute.
    """
    one = shared(rows, device)
    hidden = network.embedded(one.tokens, one.items)
    mask = torch.zeros(one.sees.shape, dtype=hidden.dtype, device=device)
    mask = mask.masked_fill(~one.sees, torch.finfo(hidden.dtype).min)[None, None]
    asked = [place for own in one.ends for place in own]
    some = "logits_to_keep" in inspect.signature(network.model.get_base_model().forward).parameters
    keep = {"logits_to_keep": torch.tensor(asked, device=device)} if some else {}
    found = network.model(
        inputs_embeds=hidden, attention_mask=mask, position_ids=one.places, use_cache=False, **keep
    ).logits[0]
    return list((found if some else found[asked]).float().split([len(own) for own in one.ends]))


def shares(network: Adapted, rows: Sequence[Row], device: str) -> bool:
    """Whether a model answers prompts passed as one as it answers them one by one; tried, since many kinds exist.

    Args:
        network: The model, in any state; it is left as it was.
        rows: Some prompts that begin alike.
        device: Where to compute.
    """
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            plain = torch.cat([_plain(network, row, device) for row in rows])
            together = torch.cat(logits(network, rows, device))
    except (ValueError, RuntimeError, TypeError, IndexError):
        return False  # it takes no such mask, places or choice of logits
    finally:
        network.train(training)
    kind = next(network.parameters()).dtype
    return bool((together - plain).abs().max() <= CLOSE[kind] * plain.abs().max())


def _plain(network: Adapted, row: Row, device: str) -> Tensor:
    prompt, at, answer = row
    tokens = torch.tensor([prompt + answer], device=device)
    items = torch.tensor([at + [0] * len(answer)], device=device)
    found: Tensor = network.model(inputs_embeds=network.embedded(tokens, items)).logits[0].float()
    return found[len(prompt) - 1 : len(prompt) - 1 + max(1, len(answer))]
