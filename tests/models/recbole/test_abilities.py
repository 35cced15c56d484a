"""The table of what RecBole's sequential models can do is what they do; options are read from it, never evaluated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.models.recbole import RecBole, RecBoleConfig
from rbench.models.sequential.recbole import probes
from rbench.models.sequential.recbole.abilities import CHOICES, abilities, read_options, table
from rbench.models.sequential.recbole.victims import victim_network

WORKING = sorted(name for name, can in table().items() if not can.refused)


def test_the_table_has_every_sequential_model_of_recbole() -> None:
    assert list(table()) == probes.names() and len(table()) == 29
    assert {name: can.refused for name, can in table().items() if can.refused} == probes.REFUSED


@pytest.mark.parametrize("name", WORKING)
def test_the_table_says_what_a_model_does(name: str) -> None:
    """If RecBole changes, ``python -m rbench.models.sequential.recbole.probes`` writes the table anew."""
    found, written = probes.probe(name), table()[name]
    assert {**vars(found), "losses": list(found.losses)} == vars(written)
    assert type(found.options["n_layers"]) is int if "n_layers" in found.options else True


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("DIEN", "AttributeError: 'Items' object has no attribute 'get_user_feature'"),
        ("DIN", "AttributeError: 'Items' object has no attribute 'get_user_feature'"),
        ("FEARec", "AttributeError: 'Items' object has no attribute 'inter_feat'"),
        ("FPMC", "AttributeError: FPMC has no attribute `item_embedding`"),
        ("GRU4RecKG", "AttributeError: 'Items' object has no attribute 'get_preload_weight'"),
        ("KSR", "KeyError: 'entity_id'"),
        ("S3Rec", "IndexError: index 0 is out of bounds for dimension 0 with size 0"),
    ],
)
def test_what_is_refused_does_not_work(name: str, error: str) -> None:
    assert probes.unusable(name) == error
    with pytest.raises(UserError, match=rf"^{name} of RecBole cannot be a victim: it .*\.$"):
        abilities(name)


@pytest.mark.parametrize("name", ["DIEN", "DIN"])
def test_recbole_cannot_rank_all_items_with_models_that_score_one(name: str) -> None:
    from rbench.models.sequential.recbole.door import model_class

    assert "full_sort_predict" not in vars(model_class(name))


@pytest.mark.parametrize("name", ["FDSA", "GRU4RecF", "SASRecF"])
def test_models_with_categories_have_victims_of_their_own(name: str) -> None:
    from rbench.models import registry

    assert probes.unusable(name) == ""
    assert registry.get(name.lower()).needs_categories  # type: ignore[attr-defined]  # of models that have them
    with pytest.raises(UserError, match=f"the victim {name.lower()} is the same model"):
        abilities(name)


def test_the_probe_tells_scores_that_are_no_products() -> None:
    """Of SHAN's scores, which are products with the table, one changed in one place is none."""
    can = table()["SHAN"]
    scores: Any = probes._scores(can)
    assert probes._dot(can, scores)
    scores[4, 9] += 1e-3
    assert not probes._dot(can, scores)


def test_a_model_that_sees_what_comes_after_is_not_causal() -> None:
    assert probes._causal(table()["GRU4Rec"])
    assert not probes._causal(table()["NARM"])
    assert not probes._causal(table()["LightSANs"])


def test_names_are_found_in_any_case_and_near_ones_are_named() -> None:
    assert RecBoleConfig(model="narm").model == "NARM"
    with pytest.raises(UserError, match="did you mean NARM"):
        RecBoleConfig(model="NARN")
    with pytest.raises(UserError, match="unknown sequential model of RecBole 'BPR'"):
        RecBoleConfig(model="BPR")
    with pytest.raises(UserError, match="name a model of RecBole's"):
        RecBole.losses(RecBoleConfig())


@pytest.mark.parametrize(
    ("model", "text", "value"),
    [
        ("NPE", "dropout_prob=0.2", {"dropout_prob": 0.2}),
        ("NARM", "dropout_probs=0.2/0.1", {"dropout_probs": [0.2, 0.1]}),
        ("NextItNet", "dilations=1/2/4", {"dilations": [1, 2, 4]}),
        ("RepeatNet", "joint_train=true", {"joint_train": True}),
        ("CORE", "dnn_type=ave", {"dnn_type": "ave"}),
        ("Caser", "reg_weight=1e-5", {"reg_weight": 1e-5}),
    ],
)
def test_options_have_the_types_of_defaults(model: str, text: str, value: dict[str, Any]) -> None:
    assert read_options(model, [text]) == value
    config = configure(RecBoleConfig, {"model": model, "options": text}, "recbole")
    assert config.options == (text,)
    assert victim_network(model, 12, 7, read_options(model, config.options)).item_embedding.weight.shape[0] == 13


CODE = "__import__('os').system('false')"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CODE, "is no option=value of CORE"),
        (f"{CODE}=1", "is no option=value of CORE"),
        (f"embedding_size={CODE}", "which is no whole number"),
        ("embedding_size=1.5", "which is no whole number"),
        ("embedding_size=1e3", "which is no whole number"),
        (f"embedding_size={10**10}", "must lie between"),
        (f"temperature={CODE}", "which is no number"),
        ("temperature=nan", "must lie between"),
        ("temperature=inf", "must lie between"),
        (f"dnn_type={CODE}", "choose trm, ave"),
        (f"hidden_act={CODE}", "choose gelu"),
        ("loss_type=BPR", "is no option=value of CORE"),
        ("temperature", "is no option=value of CORE"),
    ],
)
def test_options_that_are_code_or_of_another_type_are_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        configure(RecBoleConfig, {"model": "CORE", "options": [text]}, "recbole")
    with pytest.raises(UserError, match="twice"):
        configure(RecBoleConfig, {"model": "CORE", "options": ["inner_size=1", "inner_size=2"]}, "recbole")


def test_every_text_that_an_option_may_be_is_known() -> None:
    texts = {name for can in table().values() for name, value in can.options.items() if isinstance(value, str)}
    assert texts == set(CHOICES)
    for can in table().values():
        for name, value in can.options.items():
            assert not isinstance(value, str) or value in CHOICES[name]


@pytest.mark.parametrize(
    ("model", "option", "text"),
    [
        (can.name, name, t)
        for can in table().values()
        for name, ts in CHOICES.items()
        if name in can.options
        for t in ts
    ],
)
def test_every_such_text_builds_a_network(model: str, option: str, text: str) -> None:
    network = victim_network(model, 12, 7, {option: text}).eval()
    with torch.no_grad():
        assert network.scores(torch.tensor([[1, 2, 3]]), torch.tensor([3])).isfinite()[:, 1:].any()


def test_the_table_is_read_without_torch_and_recbole(tmp_path: Path) -> None:
    code = (
        "import sys; from rbench.models.recbole import RecBole, RecBoleConfig; "
        "RecBole.losses(RecBoleConfig(model='NARM')); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'recbole', 'yaml')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
