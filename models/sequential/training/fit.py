"""Training of encoder, prompt generator or both, stopped on validation items."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ....core.interactions import Interactions
from ....core.seeds import generator
from ..batch import Batch, Objective
from ..encoder import SequenceEncoder
from ..prompts import PromptGenerator, attribute_matrix
from ..randomness import repeatable, seeded
from ..ranking import rank
from ..settings import Schedule
from . import losses
from .averaging import Average
from .examples import examples
from .negatives import NegativeSampler
from .table_adam import TableAdam, table_adam

Ints = NDArray[np.int32]
Term = Callable[[SequenceEncoder, Batch], Tensor]
"""A number to add to a batch's loss, from the network that is trained and the batch's rows."""
SelectOn = Literal["clean", "poisoned", "last"]


class StepRule(Protocol):
    """What a step of the optimizer goes by, in place of the gradients of the step's loss."""

    def __call__(
        self, encoder: SequenceEncoder, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]
    ) -> None:
        """Leave in the parameters' ``grad`` what the optimizer is to go by, and the parameters as they were.

        Args:
            encoder: The network that is trained.
            parameters: What changes.
            gradients: Computes the gradients of the step's loss where the parameters stand now, in the place of those
                that there were. In all calls of a step dropout falls alike, so that the loss is the same function.
        """
        ...


class Relabel(Protocol):
    """What an attacker's training loop may do to the labels: replace them, and the negatives."""

    def __call__(
        self, users: NDArray[np.integer], labels: Ints, negatives: Ints, rng: np.random.Generator
    ) -> tuple[Ints, Ints]:
        """Return new labels and negatives, one a position; a negative of 0 means none."""


def validation_split(data: Interactions) -> tuple[Interactions, Interactions, NDArray[np.integer]]:
    """Leave one out: (training data, validation users' histories, their validation items).

    The last item of every user is the test item and is in none of the three.
    """
    users = np.flatnonzero(data.lengths >= 3)
    able = data.take(users)
    return data.drop_last(2), able.drop_last(2), able.items[able.offsets[1:] - 2]


def watched(n_users: int, schedule: Schedule, rng: np.random.Generator) -> NDArray[np.integer]:
    """Draw the validation users that a training looks at: ascending places among ``n_users``."""
    return np.sort(rng.permutation(n_users)[: schedule.eval_users])


def fit(
    encoder: SequenceEncoder,
    prompts: PromptGenerator | None,
    data: Interactions,
    schedule: Schedule,
    seed: int,
    learn: Sequence[str] = ("model",),
    relabel: Relabel | None = None,
    select_on: SelectOn = "clean",
    report: Callable[[float], None] = lambda fraction: None,
    term: Term | None = None,
    rule: StepRule | None = None,
    also: Interactions | None = None,
) -> dict[str, Any]:
    """Train in place; keep the state that was best on the validation items.

    Args:
        encoder: The victim's network.
        prompts: Prompt generator that stands before every sequence, or None.
        data: Sequences whose last two items are held out (validation, test).
        schedule: Loss, rates, stopping.
        seed: Of batches, negatives, dropout, relabelling.
        learn: What changes, and the rest is frozen: ``model``, ``prompt``, or layers of ``encoder`` by name.
        relabel: What an attacker does to the labels of every epoch; None leaves them as they are.
        select_on: Keep the best state on clean validation items, on relabelled ones, or the last.
        report: Called after every epoch with the fraction done, the networks being as they are judged.
        term: Added to the loss of every batch.
        rule: What each step goes by; None: the gradients of its loss.
        also: Sequences that are learned whole; no item of theirs is held out, and none is looked at.

    Returns:
        A log: epochs run, the optimiser's steps in all of them, the epoch kept, labels an epoch, the validation
        metric's history, share of labels replaced.

    Raises:
        FloatingPointError: If the loss stops being finite.
    """
    train, history, truth = validation_split(data)
    if also is not None:
        train = train.concat(also)
    if schedule.max_history:
        train = train.keep_last(schedule.max_history + 1)
    seen = examples(encoder, train, schedule)
    # Each of its own, so that attacks share Clean's batches.
    rng, relabel_rng, cuts = (generator(seed, name) for name in ("order", "relabel", "cuts"))
    draw = NegativeSampler(train).draw if schedule.loss == "bpr" else None
    validation = _Validation(
        encoder, prompts, history, truth, schedule, seed, relabel if select_on == "poisoned" else None
    )
    parameters = _unfreeze(encoder, prompts, learn)
    device = encoder.item_embedding.weight.device
    best: tuple[float, int, Any] = (-np.inf, 0, None)
    scores: list[list[float]] = []
    replaced, stale, epoch, taken = 0.0, 0, 0, 0
    # Importing RecBole's models turns anomaly detection on for the whole process: it doubles the time of a step.
    quick = torch.autograd.set_detect_anomaly(False)
    labels_each = seen.labels_each(schedule)
    # A rule may move the whole table, so that no row may stay behind.
    tables = table_adam(encoder, schedule, labels_each) if rule is None else nullcontext()
    with quick, seeded(seed, "dropout", device), tables as table:
        dense = [p for p in parameters if table is None or p is not table.table]
        # As a group, because torch refuses an empty list, and a network may have nothing but its table.
        optimizer = torch.optim.Adam(
            [{"params": dense}], lr=schedule.lr, weight_decay=schedule.weight_decay, fused=True
        )
        average = Average(parameters, schedule.average) if schedule.average else None
        if average is not None:
            optimizer.register_step_post_hook(lambda *_: average.update())
        for epoch in range(1, schedule.epochs + 1):
            if schedule.windows == "random":
                seen = examples(encoder, train, schedule, cuts)
            labels = seen.labels
            negatives = np.zeros_like(labels) if draw is None else draw(seen.users, rng)
            if relabel is not None:
                labels, negatives = relabel(seen.users, seen.labels, negatives, relabel_rng)
                replaced += float((labels != seen.labels).mean())
            steps = seen.steps(labels, negatives, schedule, rng, device)
            taken += _epoch(encoder, prompts, train, steps, optimizer, table, schedule, term, rule)
            with average.used() if average is not None else nullcontext():
                report(epoch / schedule.epochs)
                if select_on == "last" or (epoch % schedule.eval_every and epoch != schedule.epochs):
                    continue
                scores.append([epoch, validation.score()])
                if scores[-1][1] > best[0]:
                    best, stale = (scores[-1][1], epoch, _state(encoder, prompts)), 0
                elif (stale := stale + 1) >= schedule.patience:
                    break
    kept = epoch
    if best[2] is not None:
        kept = best[1]
        encoder.load_state_dict(best[2][0])
        if prompts is not None:
            prompts.load_state_dict(best[2][1])
    elif average is not None:
        average.use()
    log = {
        "epochs": epoch,
        "steps": taken,
        "kept_epoch": kept,
        "labels": len(seen.labels),
        "validation": scores,
    }
    return log if relabel is None else log | {"poison_rate": replaced / epoch}


def _epoch(
    encoder: SequenceEncoder,
    prompts: PromptGenerator | None,
    train: Interactions,
    steps: Iterable[Sequence[Batch]],
    optimizer: torch.optim.Optimizer,
    table: TableAdam | None,
    schedule: Schedule,
    term: Term | None,
    rule: StepRule | None,
) -> int:
    """Train for an epoch; returns how many steps that took."""
    encoder.train()
    device = encoder.item_embedding.weight.device
    objective: Objective = losses.bpr if schedule.loss == "bpr" else losses.softmax
    if table is not None:
        objective = partial(losses.bpr, sparse=True)
    attributes = torch.from_numpy(attribute_matrix(train)).to(device) if prompts is not None else None
    taken = 0
    for batches in steps:
        if table is not None:
            table.read(*(items for batch in batches for items in (batch.items, batch.labels, batch.negatives)))
        compute = partial(gradients, encoder, prompts, attributes, batches, optimizer.zero_grad, objective, term)
        if rule is None:
            compute()
        else:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            rule(encoder, parameters, repeatable(compute, device))
        optimizer.step()
        taken += 1
        if table is not None:
            table.step()
    if table is not None:
        table.catch_up()
    return taken


def gradients(
    encoder: SequenceEncoder,
    prompts: PromptGenerator | None,
    attributes: Tensor | None,
    batches: Sequence[Batch],
    zero_grad: Callable[[], None],
    objective: Objective,
    term: Term | None = None,
) -> None:
    """Compute the gradients of a step's loss, in the place of those that there were."""
    labels = sum(len(batch.labels) for batch in batches)
    zero_grad()
    for batch in batches:
        if prompts is not None and attributes is not None:
            batch = replace(batch, prompt=prompts(attributes[batch.users]))
        loss = encoder.loss(batch, objective)
        if term is not None:
            loss = loss + term(encoder, batch)
        loss = loss * (len(batch.labels) / labels)
        if not torch.isfinite(loss):
            raise FloatingPointError("the training loss is not finite: lower the learning rate.")
        loss.backward()  # type: ignore[no-untyped-call]  # torch's


class _Validation:
    """Ranks the validation items of a fixed draw of users."""

    def __init__(
        self,
        encoder: SequenceEncoder,
        prompts: PromptGenerator | None,
        history: Interactions,
        truth: NDArray[np.integer],
        schedule: Schedule,
        seed: int,
        relabel: Relabel | None,
    ) -> None:
        rng = generator(seed, "validation")
        users = watched(history.n_users, schedule, rng)
        if relabel is not None:
            truth, _ = relabel(np.arange(history.n_users), truth.astype(np.int32), np.zeros(len(truth), np.int32), rng)
        self.encoder, self.prompts, self.schedule = encoder, prompts, schedule
        self.history, self.truth = history.take(users), truth[users]

    def score(self) -> float:
        """Return the schedule's metric, a fraction."""
        name, _, n = self.schedule.metric.partition("@")
        cut = self.schedule.max_history
        ranks = rank(self.encoder, self.prompts, self.history, self.truth, 1, max_history=cut).held_out_rank
        gains = 1 / np.log2(ranks + 1) if name == "NDCG" else np.ones(len(ranks))
        return float(np.mean(np.where(ranks <= int(n), gains, 0.0)))


def _unfreeze(encoder: nn.Module, prompts: nn.Module | None, learn: Sequence[str]) -> list[nn.Parameter]:
    layers = dict(encoder.named_children())
    for part in learn:
        if part not in ("model", "prompt", *layers):
            raise ValueError(f"learn={tuple(learn)} names {part!r}; known: model, prompt, {', '.join(layers)}.")
    encoder.requires_grad_("model" in learn)
    for part in set(learn) & {*layers}:
        layers[part].requires_grad_(True)
    if prompts is not None:
        prompts.requires_grad_("prompt" in learn)
    parameters = (*encoder.parameters(), *(prompts.parameters() if prompts is not None else ()))
    free = [p for p in parameters if p.requires_grad]
    if not free:
        raise ValueError(f"learn={tuple(learn)} leaves nothing to train.")
    return free


def _state(encoder: nn.Module, prompts: nn.Module | None) -> Any:
    return copy.deepcopy((encoder.state_dict(), prompts.state_dict() if prompts is not None else None))
