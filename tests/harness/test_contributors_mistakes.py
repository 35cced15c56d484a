"""A class that was registered and cannot be used is told in one sentence, before any work."""

from __future__ import annotations

import pytest

HEAD = '''"""A plug-in."""
from dataclasses import dataclass

from rbench import attacks, defenses, models


@dataclass(frozen=True)
class Config:
    """No options."""


@dataclass
class Loose:
    """Options that are not frozen."""


class Plain(Config):
    """Options of a class that is no dataclass."""

    rate: float = 0.5


'''

CASES = {
    "neither detector nor repair": (
        "defenses",
        'class Odd(defenses.Defense[Config]):\n    scenario = "pretrained"\n',
        "defense 'odd' (rbench_plugin_odd.Odd) derives from Defense; "
        "a class derived from Detector or Scan or Repair or Serving is expected.",
    ),
    "a defense among attacks": (
        "attacks",
        "class Odd(defenses.Detector[Config]):\n    def detect(self, platform):\n        pass\n",
        "{file}: rbench_plugin_odd.Odd is no attack; derive it from rbench.attacks.Attack.",
    ),
    "no provider's": (
        "attacks",
        'class Odd(attacks.Attack[Config]):\n    scenario = "pretrained"\n',
        "attack 'odd' (rbench_plugin_odd.Odd) derives from Attack; a class derived from ProviderAttack is expected.",
    ),
    "a function": (
        "attacks",
        "def odd():\n    pass\n",
        "{file}: rbench_plugin_odd.odd is no attack; derive it from rbench.attacks.Attack.",
    ),
    "no method": (
        "attacks",
        "class Odd(attacks.ProviderAttack[Config]):\n    pass\n",
        "{file}: rbench_plugin_odd.Odd lacks pretrain, which each attack has to define.",
    ),
    "no options": (
        "attacks",
        "class Odd(attacks.ProviderAttack):\n    def pretrain(self, provider):\n        pass\n",
        "attack 'odd' (rbench_plugin_odd.Odd) needs a frozen dataclass of its options as Config, not None.",
    ),
    "options that change": (
        "attacks",
        "class Odd(attacks.ProviderAttack[Loose]):\n    def pretrain(self, provider):\n        pass\n",
        "attack 'odd' (rbench_plugin_odd.Odd) needs a frozen dataclass of its options as Config, not Loose.",
    ),
    "options without a decorator": (
        "attacks",
        "class Odd(attacks.ProviderAttack):\n    Config = Plain\n\n    def pretrain(self, provider):\n        pass\n",
        "attack 'odd' (rbench_plugin_odd.Odd) needs a frozen dataclass of its options as Config, not Plain.",
    ),
    "no scenario": (
        "attacks",
        "class Odd(attacks.Attack[Config]):\n    pass\n",
        "attack 'odd' does not say in which scenario it works: "
        "scenario = 'federated' or scenario = 'language' or scenario = 'pretrained'.",
    ),
    "no such scenario": (
        "models",
        'class Odd(models.Recommender[Config]):\n    scenario = "pretraind"\n',
        "unknown scenario of model 'odd': 'pretraind'; did you mean pretrained?",
    ),
    "an unfinished model": (
        "models",
        "class Odd(models.FederatedModel[Config]):\n    pass\n",
        "{file}: rbench_plugin_odd.Odd lacks logits, parameters, user_width, users, which each model has to define.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_class_that_cannot_be_used(process, tmp_path, size, case):
    kind, body, sentence = CASES[case]
    plugin = tmp_path / "odd.py"
    plugin.write_text(f"{HEAD}@{kind}.register\n{body}")
    for command in ("plan", "run")[: 1 + (case == "no options")]:
        done = process(command, *size, f"--{kind}", "odd", "--plugin", plugin)
        assert (done.code, done.out, done.err) == (2, "", f"Error: {sentence.format(file=plugin)}\n")
        assert not (tmp_path / "store").exists()


def test_others_go_on(process, tmp_path, size, small):
    plugin = tmp_path / "odd.py"
    plugin.write_text(f"{HEAD}@attacks.register\n{CASES['no options'][1]}")
    done = process("plan", *size, *small, "--plugin", plugin)
    assert (done.code, done.err) == (0, "")
    listed = process("list", "attacks", "-v", "--plugin", plugin)
    assert (listed.code, listed.err) == (0, "") and "  bra " in listed.out
