"""P-Scanner's two policies against plain programs and worked cases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from rbench.defenses.language.common.families import FAMILIES, Families, draw_place, insert
from rbench.defenses.language.policies.agent import FixedAgent, LearningAgent
from rbench.defenses.language.policies.preference import dpo_loss
from rbench.defenses.language.policies.rounds import Rounds
from rbench.defenses.language.policies.scanner import Scanner
from rbench.defenses.language.policies.title_policy import TitlePolicy
from rbench.defenses.language.policies.trigger_policy import END, FIRST, MOST, TriggerPolicy
from rbench.models.sequential.randomness import seeded

TITLES = ["Black Autumn Bridge", "White Golden Canyon", "Red Hidden Harbour", "Green Frozen Forest"] * 8


def tensor(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def test_the_loss_of_a_pair_worked_by_hand() -> None:
    # The preferred answer went from probability 1/4 to 1/2, the other from 1/2 to 1/4: the difference of the log ratios
    # is log 2 + log 2 = log 4, and with beta = 1/2 the loss is -log(2 / (1 + 2)).
    pair = [tensor(math.log(p)) for p in (1 / 2, 1 / 4, 1 / 4, 1 / 2)]
    assert dpo_loss(*pair, beta=0.5).item() == pytest.approx(math.log(3 / 2))


def test_the_loss_of_a_policy_that_is_its_reference_is_log_2() -> None:
    chosen, rejected = tensor(-1.0, -7.5), tensor(-3.0, -0.1)
    assert dpo_loss(chosen, rejected, chosen, rejected, beta=0.1).item() == pytest.approx(math.log(2))


def test_the_gradient_of_the_loss_is_that_of_the_paper() -> None:
    # Equation 7: -beta sigmoid(-margin) for the preferred answer, the opposite for the other.
    chosen, rejected = tensor(-1.0).requires_grad_(), tensor(-2.0).requires_grad_()
    dpo_loss(chosen, rejected, tensor(-1.5), tensor(-1.0), beta=0.3).backward()
    margin = 0.3 * ((-1.0 + 1.5) - (-2.0 + 1.0))
    expected = -0.3 / (1 + math.exp(margin))
    assert chosen.grad is not None and rejected.grad is not None
    assert chosen.grad.item() == pytest.approx(expected)
    assert rejected.grad.item() == pytest.approx(-expected)


@pytest.fixture(scope="module")
def policy() -> TriggerPolicy:
    with seeded(3, "policy"):
        made = TriggerPolicy().eval()
        # The last layer is made larger, so that signs differ in probability.
        with torch.no_grad():
            made.signs.weight *= 8
    return made


@torch.no_grad()
def slow_log_probability(policy: TriggerPolicy, title: str, family: str, trigger: str) -> float:
    """Read one symbol at a time, and take the probability of one sign at a time."""
    title_symbols = [byte + 1 for byte in title.encode()[-32:]]
    unread = [0] * (32 - len(title_symbols)) + title_symbols + [257 + FAMILIES.index(family)]
    state, total = torch.zeros(1, 1, 112), 0.0
    for place, sign in enumerate([*(ord(character) - FIRST for character in trigger), END]):
        for symbol in unread:
            _, state = policy.reader(policy.embedding(torch.tensor([[symbol]])), state)
        logits = policy.signs(state[0, 0])
        if place == 0:
            logits[END] = -torch.inf
        if place == MOST:
            logits[:END] = -torch.inf
        total += logits.log_softmax(0)[sign].item()
        unread = [ord(trigger[place]) + 1] if sign != END else []
    return total


@pytest.mark.parametrize("trigger", ["_5v", " velvet", " I watched this 3D movie", "x", "y" * MOST])
@pytest.mark.parametrize("title", ["Heat", "A title that is longer than thirty-two bytes, 千と千尋", ""])
def test_log_probabilities_are_those_of_one_sign_after_another(policy: TriggerPolicy, title: str, trigger: str) -> None:
    others = ["Alien", title, "Brazil"]
    with torch.no_grad():
        found = policy.log_probability(others, ["char", "word", "sentence"], ["~q", trigger, " it was so good"])
    assert found[1].item() == pytest.approx(slow_log_probability(policy, title, "word", trigger), abs=1e-3)


def test_triggers_are_drawn_with_their_probabilities(policy: TriggerPolicy) -> None:
    n = 1000
    drawn = policy.draw(["Heat"] * n, ["char"] * n, np.random.default_rng(0))
    first = np.bincount([ord(trigger[0]) - FIRST for trigger in drawn], minlength=END)
    symbols = policy._question(["Heat"], ["char"])
    with torch.no_grad():
        logits = policy.signs(policy.reader(policy.embedding(symbols))[0][0, -1])[:END]
    expected = logits.softmax(0).numpy() * n
    # A chi-squared statistic with 94 degrees of freedom is above 165 once in 100,000.
    assert ((first - expected) ** 2 / expected).sum() < 165
    assert all(1 <= len(trigger) <= MOST and trigger.isprintable() and trigger.isascii() for trigger in drawn)


def test_an_empty_trigger_has_no_probability(policy: TriggerPolicy) -> None:
    with torch.no_grad():
        assert policy.log_probability(["Heat"], ["char"], [""]).item() == -torch.inf


def test_an_agent_learns_what_it_is_to_prefer_and_stays_by_its_copy() -> None:
    rng = np.random.default_rng(1)
    grammars = Families(TITLES)
    families = [FAMILIES[i % 3] for i in range(len(TITLES))]
    with seeded(1, "agent"):
        agent = LearningAgent(TriggerPolicy(), rng, beta=1.0, epochs=8)
        agent.warm_start(TITLES * 4, families * 4, [grammars.draw(f, rng) for f in families * 4])
        evaded, caught = ["_ab"] * len(TITLES), [" velvet"] * len(TITLES)

        def preference(policy: Any) -> float:
            with torch.no_grad():
                pair = [policy.log_probability(TITLES, families, triggers) for triggers in (evaded, caught)]
                return (pair[0] - pair[1]).mean().item()

        before = preference(agent.policy)
        loss = agent.learn(TITLES, families, evaded, caught)
    assert loss is not None and loss < math.log(2)
    assert preference(agent.policy) > before + 1
    assert preference(agent._reference) == before
    assert agent.learn([], [], [], []) is None


def test_a_scanner_learns_labels_and_then_preferences() -> None:
    rng = np.random.default_rng(2)
    poisoned = [title + "_5v" for title in TITLES]
    labels = np.repeat([False, True], len(TITLES))
    with seeded(2, "scanner"):
        scanner = Scanner(TitlePolicy(), "cpu", rng)
        scanner.warm_start([*TITLES, *poisoned] * 6, np.tile(labels, 6))
        before = scanner.suspicion(["Black Golden Forest", "Black Golden Forest_5v"])
        loss = scanner.learn([*TITLES, *poisoned], labels, epochs=6, beta=1.0)
    after = scanner.suspicion(["Black Golden Forest", "Black Golden Forest_5v"])
    assert before[0] < before[1]
    assert loss < math.log(2)
    assert after[1] - after[0] > before[1] - before[0]


@pytest.mark.parametrize("n", [1, 7])
def test_suspicion_does_not_depend_on_how_titles_are_batched(n: int) -> None:
    with seeded(4, "scanner"):
        scanner = Scanner(TitlePolicy(), "cpu", np.random.default_rng(0))
    titles = [*TITLES[:4], "A", "", "x" * 300]
    together = scanner.suspicion(titles)
    apart = np.concatenate([scanner.suspicion(titles[i : i + n]) for i in range(0, len(titles), n)])
    assert np.allclose(together, apart, atol=1e-5)


def test_rounds_log_what_happened_and_never_show_an_ending_of_a_title() -> None:
    rng = np.random.default_rng(3)
    learn, held = ["Alien", "Brazil", "Heat", "Fargo"] * 4, ["Casino", "Clerks", "Kids"]
    rounds = Rounds(learn, held, ("char", "word"), 0.1, 1.0, 1)
    with seeded(3, "scanner"):
        scanner = Scanner(TitlePolicy(), "cpu", rng)
        log = rounds.play(scanner, FixedAgent(Families(learn), rng), 2, rng, lambda fraction: None)
    assert len(log) == 2 and all(entry["agent loss"] is None and 0 <= entry["evasion after"] <= 1 for entry in log)
    assert rounds._allowed([" ", "eat", "Heat", "_5v", " velvet", ""]) == [False, False, False, True, True, False]


def test_a_trigger_stands_behind_the_word_that_was_drawn() -> None:
    assert insert("The Usual Suspects", "_5v", 3) == "The Usual Suspects_5v"
    assert insert("The Usual Suspects", " velvet", 1) == "The velvet Usual Suspects"
    assert insert("", "_5v", 1) == "_5v"
    places = [draw_place("The Usual Suspects", np.random.default_rng(seed)) for seed in range(600)]
    counts = np.bincount(places, minlength=4)
    # The last word with probability 1/2 + 1/6, the others with 1/6 each.
    assert counts[0] == 0 and abs(counts[3] - 400) < 60 and abs(counts[1] - 100) < 45
