"""PEA, prompt-enhanced attack in three steps (Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023).

- Paper: three steps. Pre-train honestly. Freeze the model and train a prompt generator on the provider's users, their
  histories cut short to resemble a platform's. Freeze the prompts and train the model with basic replacement on the
  audience.
- Released code: the third step also turns negatives of users outside the audience into targets, with a probability of
  0.1 to 0.5. The paper does not mention it.
- rbench: step 1 is the Clean model of the same seed. ``variant=released`` (default) has the suppression, with the
  probability ``rate`` unless ``suppress`` is set, and any target for a label; ``variant=paper`` has neither. Step 3
  keeps its last state by default, because it begins with a trained model: validation on clean labels, and at low rates
  also on replaced ones (``select_on=poisoned``, released code), would keep the least poisoned state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...core.config import Options
from ...core.pretrained import Pretrained
from ...core.ranges import Count, CountOrZero
from .. import Provider, ProviderAttack, register
from .common.adaptive import AdaptiveConfig, adapted
from .common.replacement import GroupReplacementConfig, SelectOn, for_group

if TYPE_CHECKING:
    from ...models.sequential.training.fit import Relabel


@dataclass(frozen=True)
class ThreeStepsConfig(Options):
    """Options of an attack in three steps."""

    select_on: SelectOn = "last"
    """State of step 3 to keep; it starts from an honest model, so that validation would choose the least poisoned."""
    history: CountOrZero = 10
    """Length of the histories on which step 2 trains the prompts; 0 cuts none short."""
    epochs: Count = 40
    """Epochs of step 3; at most, unless the last state is kept."""


@dataclass(frozen=True)
class PEAConfig(ThreeStepsConfig, GroupReplacementConfig):
    """Options of PEA."""

    @property
    def default_suppress(self) -> float:
        """Probability of suppressing targets outside the audience where ``suppress`` is none."""
        return self.rate if self.variant == "released" else 0.0


@register
class PEA(ProviderAttack[PEAConfig]):
    """Promote the targets to a group of users whose attributes reach the model by prompts."""

    audience = "group"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023"
    needs_clean = True
    sections = ("train", "prompttune", "prompt")

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Run steps 2 and 3 on the honest pre-training, which is step 1."""
        relabel = for_group(self.config, provider.data, provider.targets, self.config.default_suppress)
        return in_three_steps(self.name, provider, self.config, relabel, self.config)


def in_three_steps(
    name: str, provider: Provider, config: ThreeStepsConfig, relabel: Relabel, adaptive: AdaptiveConfig | None = None
) -> tuple[Pretrained, dict[str, Any]]:
    """Train prompts on the honest pre-training, which is step 1, then the model with labels replaced.

    Args:
        name: The attack's, for the message.
        provider: What the attacker holds.
        config: How long the steps are.
        relabel: Replaces the labels of step 3.
        adaptive: How step 3 prepares for the platform, or None.

    Returns:
        What is handed over, and a log for the record.

    Raises:
        ValueError: If there is no honest pre-training.
    """
    if provider.clean is None:
        raise ValueError(f"{name} starts from the honest pre-training, and was handed none.")
    victim = provider.victim
    platform_like = replace(victim.schedules["prompttune"], max_history=config.history)
    prompted, prompt_log = victim.train(
        provider.data, platform_like, provider.seed, start=provider.clean, prompt="fresh", learn=("prompt",)
    )
    prepared = adapted(adaptive or AdaptiveConfig(), provider, prompted)
    attacked, log = victim.train(
        provider.data,
        replace(victim.schedules["train"], epochs=config.epochs),
        provider.seed,
        prompt="given",
        relabel=relabel,
        select_on=config.select_on,
        **prepared,
    )
    return attacked, {**log, "prompt_step": prompt_log}
