"""P-Scanner, two policies that learn against each other.

- Paper: BadRec poisons a recommender that reads titles with a trigger in the titles of some items. P-Scanner fine-tunes
  a language model to detect such items, has another, the agent, write triggers for it to learn from, and optimises both
  in turn ("LLM-Empowered Trigger Augmentation", "Policy Optimization for Poison Detection", "Iteratively Adversarial
  Optimization"). Only the abstract and outlines of the paper (arXiv 2504.11182) can be had, and no code: which
  optimisation, which models, prompts and thresholds is not known to us. What follows is a documented reading.
- Warm start: a network of convolutions over bytes learns by cross-entropy to tell trusted titles from the same with a
  trigger, drawn anew in every epoch from the grammars of three families (codes, words, sentences). The agent, a small
  recurrent network that reads a title and a family, learns to write such triggers.
- Policy optimisation: both are then optimised by DPO (Rafailov et al., NeurIPS 2023), each held to a copy of what it
  was after the warm start. The scanner prefers the right label over the wrong one; the agent, of four triggers for one
  title, the one that evaded the scanner most over the one that was caught most surely, where there are both.
- Rounds: the agent writes; the scanner learns; it scores; the agent learns. A trigger is not blank, has 48 signs at
  most, and is not how a trusted title ends. It stands behind a title's last word or, in half of the draws, any.
- ``scanner`` and ``agent`` may be published language models, of which LoRA adapters are trained (TALLRec's: rank 8, on
  queries and values), with prompts of ours (policies/published.py): the scanner answers Yes. or No., the agent writes a
  line. Their learning rates, 5e-4 and then 5e-5, were not searched, and nothing was measured but that they run.
- Threshold: on trusted titles that were held out, such that a clean title is flagged with a probability of ``fpr`` at
  most. A title's score is the log odds of the label poisoned.
- It sees: titles alone. It needs no list, no model and no interaction, so that it judges new items too.
- Ablations: ``rounds=0`` ends after the warm start; ``agent=none`` keeps drawing from the grammars; ``leave_out=char``
  takes one family of triggers from all training.
- Choices: network, learning rates, epochs and ``beta`` were chosen on triggers drawn from the grammars, never on those
  of an attack. With ``beta=0.1``, as is usual for language models, the log odds move ten times as far before the loss
  is content, and average precision on made-up codes fell.
- Measured on MovieLens-100K, one seed, 17 triggered titles among those that are not trusted, average precision on a
  code, a word and a sentence: 1.00, .66 and .92, with one clean title of a thousand flagged and 42 seconds of a core;
  without rounds 1.00, .67 and .85. ``ngram`` has .37, .28 and .90 in a second; ``choice-share``, which is handed the
  lists, 1.00 of each. No title with the word was flagged: at this threshold it is not told from a rare title.
- It cannot see: a kind of trigger that it never learnt. Without codes in training, its average precision on the code is
  .06.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.config import later
from ...core.ranges import Count, CountOrZero, Positive
from ...core.seeds import generator
from .. import register
from . import FittedScanner, ScannerWeights, TrainedScanner, TrustedTitles
from .common.families import Families, draw_place, insert
from .common.fitted import ThresholdScanner, with_threshold
from .common.options import FamiliesConfig
from .common.threshold import held_out

THRESHOLD = "threshold"
"""Name of the threshold among the scanner's weights."""


@dataclass(frozen=True)
class PScannerConfig(FamiliesConfig):
    """Options of P-Scanner."""

    scanner: str = later("small")
    """What labels titles: small, a network of convolutions; or a published language model, by its id on the hub or its
    folder, of which LoRA adapters are trained."""
    agent: str = "small"
    """What writes triggers: small, a recurrent network that learns; none, the families' grammars alone; or a published
    language model, as for the scanner."""
    rounds: CountOrZero = 3
    """Adversarial rounds after the warm start."""
    beta: Positive = 1.0
    """How strongly both policies are held to their reference copies."""
    epochs: Count = 24
    """How often the warm start shows each title."""
    round_epochs: Count = 2
    """How often a round shows each title or pair."""

    def __post_init__(self) -> None:
        """Check that there is a scanner, and that the agent has a name.

        Raises:
            ValueError: If not.
        """
        super().__post_init__()
        if self.scanner in ("", "none") or not self.agent:
            raise ValueError(f"scanner={self.scanner} and agent={self.agent} must be small or a language model.")


@register
class PScanner(TrainedScanner[PScannerConfig]):
    """Learn to find triggers that an agent learns to hide."""

    paper = "Ning et al., Exploring Backdoor Attack and Defense for LLM-empowered Recommendations, arXiv 2504.11182"
    language_models = ("scanner", "agent")

    def train(self, trusted: TrustedTitles) -> ScannerWeights:
        """Start both policies, play the rounds, and fix the threshold."""
        from ...models.sequential.randomness import seeded
        from .policies.agent import Agent, FixedAgent, LearningAgent, trigger_policy
        from .policies.rounds import Rounds
        from .policies.scanner import Scanner, title_policy

        config, rng = self.config, generator(trusted.seed, "p-scanner")
        learn, held = held_out(trusted.titles, config.held_out, rng)
        grammars = Families(learn)
        rounds = Rounds(learn, held, config.families, config.fpr, config.beta, config.round_epochs)
        titles = learn * config.epochs
        kinds, fixed = rounds.draw_families(len(titles), rng), FixedAgent(grammars, rng)
        triggers = fixed.draw(titles, kinds)
        poisoned = [insert(t, trigger, draw_place(t, rng)) for t, trigger in zip(titles, triggers, strict=True)]
        log: dict[str, Any] = {}
        with seeded(trusted.seed, "p-scanner", trusted.device):
            scanner = Scanner(title_policy(config.scanner, trusted.device), trusted.device, rng)
            labels = np.repeat([False, True], len(titles))
            log["scanner's warm start"] = scanner.warm_start([*titles, *poisoned], labels)
            agent: Agent = fixed
            if config.rounds and config.agent != "none":
                policy = trigger_policy(config.agent, trusted.device)
                learning = agent = LearningAgent(policy, rng, config.beta, config.round_epochs)
                log["agent's warm start"] = learning.warm_start(titles, kinds, triggers)
            log["rounds"] = rounds.play(scanner, agent, config.rounds, rng, trusted.report)
        fitted = with_threshold(scanner.suspicion, held, config.fpr, log)
        return ScannerWeights(scanner.weights() | {THRESHOLD: np.array([fitted.threshold])}, fitted.log)

    def open(self, trained: ScannerWeights, device: str) -> FittedScanner:
        """Put the parameters back into the scanner's policy."""
        from .policies.scanner import opened

        weights = dict(trained.weights)
        limit = float(weights.pop(THRESHOLD).item())
        return ThresholdScanner(opened(weights, self.config.scanner, device).suspicion, limit, trained.log)
