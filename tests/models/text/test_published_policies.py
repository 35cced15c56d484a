"""P-Scanner's two policies as published language models, from their log probabilities to a grid."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rbench.benchmark.grid import plan, resolve
from rbench.benchmark.grid.request import Request
from rbench.core.errors import UserError
from rbench.defenses.language import TrustedTitles
from rbench.defenses.language.p_scanner import PScanner, PScannerConfig
from rbench.models.sequential.randomness import seeded

INSTALLED = all(importlib.util.find_spec(name) for name in ("transformers", "peft"))
pytestmark = pytest.mark.skipif(not INSTALLED, reason="needs rbench[llm]: transformers and peft")

TITLES = tuple(
    f"{a} {b}" for a in ("Black", "White", "Red", "Green") for b in ("Bridge", "Canyon", "Harbour", "Forest")
)
FEW = {"epochs": 1, "rounds": 1, "round_epochs": 1}


def test_a_label_has_the_probability_that_the_model_gives_its_answer(folder: Path) -> None:
    from rbench.defenses.language.policies.published import PublishedTitles

    with seeded(0, "scanner"):
        policy = PublishedTitles(str(folder), "cpu").eval()
    titles = ["Heat", "A Title That Is Longer", "<s> Babe"]
    with torch.no_grad():
        found = policy.log_labels(titles)
        for title, labels in zip(titles, found, strict=True):
            text = f'Title: "{title}"\nDoes something in this title not belong there? Answer Yes. or No.\nAnswer: '
            tokens = policy.network.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
            last = policy.network.model(tokens).logits[0, -1]
            no, yes = (policy.tokens(word)[0] for word in ("No.", "Yes."))
            assert torch.allclose(labels, last[[no, yes]].log_softmax(0), atol=1e-5)
    assert np.allclose(policy.suspicion(titles), (found[:, 1] - found[:, 0]).numpy(), atol=1e-5)
    assert len(policy.suspicion([])) == 0


def test_a_trigger_has_the_probability_of_its_tokens_and_of_its_end(folder: Path) -> None:
    from rbench.defenses.language.policies.published import PublishedTriggers

    with seeded(0, "agent"):
        policy = PublishedTriggers(str(folder), "cpu").eval()
    titles, families, triggers = ["Heat", "Get Shorty"], ["char", "sentence"], ["_5v", " it rains"]
    with torch.no_grad():
        found = policy.log_probability(titles, families, triggers)
        for title, what, trigger, one in zip(
            titles, ["a code of a few signs", "a short sentence"], triggers, found.tolist(), strict=True
        ):
            asked = policy.tokens(f'Title: "{title}"\nWrite {what} that somebody could put into this title.\nAnswer: ')
            answer = policy.tokens(f"{trigger}\n")
            each = policy.network.model(torch.tensor([asked + answer])).logits[0].log_softmax(-1)
            expected = sum(float(each[len(asked) - 1 + k, token]) for k, token in enumerate(answer))
            assert abs(one - expected) < 1e-3
    drawn = policy.draw(titles * 3, families * 3, np.random.default_rng(1))
    assert drawn == policy.draw(titles * 3, families * 3, np.random.default_rng(1))
    assert all(len(text) <= 48 and text.isprintable() and text.isascii() for text in drawn)
    assert drawn != policy.draw(titles * 3, families * 3, np.random.default_rng(2))


def test_a_reference_copy_stays_when_the_policy_learns(folder: Path) -> None:
    from rbench.defenses.language.policies.published import PublishedTitles
    from rbench.defenses.language.policies.scanner import Scanner

    with seeded(0, "scanner"):
        scanner = Scanner(PublishedTitles(str(folder), "cpu"), "cpu", np.random.default_rng(0))
        titles, labels = [*TITLES, *(f"{title}_5v" for title in TITLES)], np.repeat([False, True], len(TITLES))
        scanner.policy.warm = 2e-2  # a random model of this size learns slowly
        first = scanner.warm_start(titles * 60, np.tile(labels, 60))
        before, then = scanner.suspicion(titles), scanner._reference.log_labels(titles)
        loss = scanner.learn(titles, labels, 2, 1.0)
    assert first < np.log(2) and before[labels].mean() > before[~labels].mean()
    assert loss != 0 and not np.allclose(scanner.suspicion(titles), before, atol=1e-6)
    assert torch.equal(scanner._reference.log_labels(titles), then)
    assert np.allclose((then[:, 1] - then[:, 0]).detach().numpy(), before, atol=1e-4)


@pytest.mark.parametrize("agent", ["none", "small", "published"])
def test_it_goes_the_whole_way(folder: Path, agent: str) -> None:
    config = PScannerConfig(scanner=str(folder), agent=str(folder) if agent == "published" else agent, **FEW)
    trusted = TrustedTitles(TITLES, 3)
    trained = PScanner(config).train(trusted)
    again = PScanner(config).train(trusted)
    assert trained.weights.keys() == again.weights.keys() and "threshold" in trained.weights
    assert all(np.array_equal(again.weights[name], value) for name, value in trained.weights.items())
    assert all("lora" in name for name in trained.weights if name != "threshold")
    one, two = (PScanner(config).open(each, "cpu").scan(("Heat", "Heat_5v")) for each in (trained, again))
    assert np.array_equal(one.scores, two.scores) and np.isfinite(one.scores).all()
    assert [entry["agent loss"] is None for entry in trained.log["rounds"]] in ([True], [False])


def planned(*defenses: str) -> dict[str, dict]:
    request = Request(
        datasets=("checkerboard",), models=("tallrec-yesno",), attacks=("badrec",), defenses=defenses, seeds=(0,)
    )
    stages = plan.build(resolve.build(request)).stages.values()
    return {stage.id: stage.params for stage in stages if stage.kind == "language/fit"}


def test_ids_name_the_files_and_the_small_networks_keep_theirs(folder: Path, tmp_path: Path) -> None:
    (small,) = planned("p-scanner").values()
    assert "scanner" not in small["defense"]["config"] and "files" not in small
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (first,) = planned(f"p-scanner:scanner={copy}")
    (params,) = planned(f"p-scanner:scanner={copy}").values()
    assert [*params["files"]] == ["scanner"]
    (copy / "generation_config.json").write_text("{}")
    assert first not in planned(f"p-scanner:scanner={copy}")
    with pytest.raises(UserError, match="there is no folder"):
        planned(f"p-scanner:agent={tmp_path / 'nowhere'}")
    with pytest.raises(UserError, match="scanner=none and agent=small must be small or a language model"):
        planned("p-scanner:scanner=none")


def test_files_that_change_after_the_plan_are_told(folder: Path, tmp_path: Path) -> None:
    from rbench.benchmark.scenarios.language import published

    options = vars(replace(PScannerConfig(), agent=str(folder)))
    params = {"defense": {"config": options}, "files": published.digests(PScanner, options)}
    published.check_unchanged(PScanner, params)
    with pytest.raises(UserError, match="its files changed after the run was planned"):
        published.check_unchanged(PScanner, params | {"files": {"agent": "other"}})
