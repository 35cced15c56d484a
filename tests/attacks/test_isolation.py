"""What the stages hand to attackers and defenders leads to nothing that is not theirs."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from rbench import attacks, defenses
from rbench.benchmark.scenarios.pretrained.stages import defend, train
from rbench.benchmark.stages.inputs import StageInputs
from rbench.benchmark.stages.stage import Stage
from rbench.core.artifacts import decode, encode
from rbench.core.detection import Detection, Verdict
from rbench.core.interactions import Interactions, Partition
from rbench.core.pretrained import Pretrained
from rbench.core.targets import Targets
from rbench.core.topk import TopK
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.models.sequential.victim import Victim


def steps(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what one step from an object leads to; modules and their globals are the program, not the data."""
    if isinstance(thing, (str, bytes, int, float, bool, types.ModuleType, type(None))):
        return
    if isinstance(thing, Mapping):
        yield from ((f"[{key!r}]", inner) for key, inner in thing.items())
        yield from ((" key", key) for key in thing)
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from ((f"[{i}]", inner) for i, inner in enumerate(thing))
    if isinstance(thing, np.ndarray):
        yield ".base", thing.base
    if isinstance(thing, torch.Tensor):
        yield ".numpy()", thing.numpy(force=True).copy()  # else its base is a tensor again, and so on without end
    if isinstance(thing, torch.nn.Module):
        yield ".parameters", list(thing.state_dict().values())
    if isinstance(thing, memoryview):
        yield ".obj", thing.obj
    if isinstance(thing, functools.partial):
        yield from ((f".{name}", getattr(thing, name)) for name in ("func", "args", "keywords"))
    if isinstance(thing, types.MethodType):
        yield from ((f".{name}", getattr(thing, name)) for name in ("__self__", "__func__"))
    if isinstance(thing, types.FunctionType):
        yield from ((f".{name}", getattr(thing, name)) for name in ("__defaults__", "__kwdefaults__"))
        yield from ((".closure", cell.cell_contents) for cell in thing.__closure__ or ())
    if isinstance(thing, type) and not thing.__module__.startswith("rbench"):
        return
    yield from ((f".{name}", inner) for name, inner in getattr(thing, "__dict__", {}).items())
    for cls in type(thing).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        yield from ((f".{s}", getattr(thing, s, None)) for s in ([slots] if isinstance(slots, str) else slots))


def reachable(root: Any) -> dict[str, Any]:
    """Walk everything that an object leads to: path to object."""
    found, seen, waiting = {}, {id(root)}, [("", root)]
    while waiting:
        path, thing = waiting.pop()
        found[path] = thing
        for step, inner in steps(thing):
            if id(inner) not in seen:
                seen.add(id(inner))
                waiting.append((path + step, inner))
    return found


def leaks(root: Any, secrets: Mapping[str, np.ndarray], kinds: tuple[type, ...], words: set[str]) -> list[str]:
    """Name each path to a secret array (its memory or its values), to an object of a kind, or to a word."""
    told = []
    for path, thing in reachable(root).items():
        if isinstance(thing, np.ndarray):
            told += [
                f"{path}: {name}"
                for name, secret in secrets.items()
                if np.shares_memory(thing, secret) or (thing.shape == secret.shape and np.array_equal(thing, secret))
            ]
        elif isinstance(thing, kinds):
            told.append(f"{path}: {type(thing).__name__}")
        elif isinstance(thing, str) and thing in words:
            told.append(f"{path}: {thing}")
    return told


def arrays(data: Interactions) -> dict[str, np.ndarray]:
    return {"items": data.items, "offsets": data.offsets, **{n: a.codes for n, a in data.attributes.items()}}


@dataclass(frozen=True)
class NoConfig:
    """No options."""


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Register an attack and a defense of every kind, called spy, which keep what they are handed."""
    held: list[Any] = []

    class Attack(attacks.ProviderAttack):
        Config, name = NoConfig, "spy"

        def pretrain(self, provider: Any) -> Any:
            held.append(provider)
            return None, {}

    class Detector(defenses.Detector):
        Config, name, inputs = NoConfig, "spy", INPUTS

        def detect(self, platform: Any) -> Any:
            held.append(platform)
            zeros = np.zeros(platform.data.n_items + 1)
            return Detection(zeros, zeros > 0)

    class Repair(defenses.Repair):
        Config, name, inputs = NoConfig, "spy-repair", INPUTS

        def repair(self, platform: Any) -> Any:
            held.append(platform)
            return None, {}

    class LateRepair(Repair):
        place, name = "after", "spy-late-repair"

    class Scan(defenses.Scan):
        Config, name, inputs = NoConfig, "spy-scan", INPUTS

        def scan(self, platform: Any) -> Any:
            held.append(platform)
            return Verdict(1.0, np.zeros(3))

    class Serving(defenses.Serving):
        Config, name, inputs = NoConfig, "spy-serve", INPUTS

        def serve(self, platform: Any) -> Any:
            held.append(platform)
            return platform.ranking, {}

    monkeypatch.setitem(attacks.registry._found, "spy", Attack)
    for method in (Detector, Repair, LateRepair, Scan, Serving):
        monkeypatch.setitem(defenses.registry._found, method.name, method)
    return held


@pytest.fixture(scope="module")
def results(parties: Partition, targets: Targets, victim: Victim, clean: Pretrained) -> dict[str, Any]:
    """What the store would hold, read back from it; the deployed model differs from its clean twin."""
    handed = replace(clean, weights={name: value + 0.01 for name, value in clean.weights.items()})
    ranking = victim.rank(handed, parties.platform)
    made = {"partition": parties, "targets": targets, "clean": clean, "pretrained": handed, "ranking": ranking}
    made |= {"local": victim.rank(clean, parties.platform), "clean_rank": victim.rank(clean, parties.platform)}
    as_handed = {name: value + 0.02 for name, value in clean.weights.items()}
    own = {name: value + 0.03 for name, value in clean.weights.items()}
    scores = np.linspace(0, 1, parties.platform.n_items + 1)
    made["flagged"] = Detection(scores, scores > 0.9)
    for k in (1, 2, 3):
        drawn = replace(clean, weights={name: value + 0.1 * k for name, value in clean.weights.items()})
        made |= {f"reference model {k}": drawn, f"reference {k}": victim.rank(drawn, parties.platform)}
    made |= {"handed": replace(clean, weights=as_handed), "local model": replace(clean, weights=own)}
    return {role: decode(encode(value)) for role, value in made.items()}


def hands(victim: Victim, results: Mapping[str, Any], kind: str, name: str) -> StageInputs:
    """A stage with more parents than it has in any plan: what it is handed is the stage's to choose."""
    sections = {"train": asdict(victim.schedules["train"])}
    params = {"model": "sasrec", "model_config": asdict(victim.config), "sections": sections, "config": {}}
    return StageInputs(
        Stage(kind, name, 1, params, 7, {"targets": "targets-id"}, context={"mode": "ft"}),
        results,
        "cpu",
        lambda fraction: None,
    )


def of_the_provider(results: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return arrays(results["partition"].provider)


def of_the_platform(results: Mapping[str, Any]) -> dict[str, np.ndarray]:
    rankings = {f"{role} {n}": a for role in ("ranking", "local") for n, a in vars(results[role]).items()}
    return arrays(results["partition"].platform) | {name: a for name, a in rankings.items() if a is not None}


HARNESS = (StageInputs, Stage, Partition)
INPUTS = (defenses.Local(), defenses.ReferenceModels(3), defenses.Flagged())
"""Everything that a defense may declare."""


def test_an_attacker_cannot_reach_the_platforms_data(
    caught: list[Any], results: dict[str, Any], victim: Victim, parties: Partition
) -> None:
    train.pretrain(hands(victim, results, "pretrain", "spy"))
    (provider,) = caught
    assert type(provider) is attacks.Provider
    assert provider.data is results["partition"].provider and provider.clean is results["clean"]
    assert isinstance(provider.targets, Targets) and provider.seed == 7
    users = set(parties.platform.user_ids) - set(parties.provider.user_ids)
    assert len(users) == parties.platform.n_users
    assert leaks(provider, of_the_platform(results), (*HARNESS, TopK, Detection), users) == []


@pytest.mark.parametrize("kind", ["detect", "repair", "late-repair", "scan", "serve"])
def test_a_defender_cannot_reach_targets_attack_twin_or_provider(
    kind: str, caught: list[Any], results: dict[str, Any], victim: Victim, parties: Partition
) -> None:
    name = "spy" if kind == "detect" else f"spy-{kind}"
    getattr(defend, kind.removeprefix("late-"))(hands(victim, results, kind, name))
    (platform,) = caught
    assert type(platform) is (defenses.Handed if kind == "repair" else defenses.Deployed)
    assert platform.data is results["partition"].platform and platform.pretrained is results["pretrained"]
    local = platform.given(defenses.Local)
    assert local.pretrained is results["local model"] and local.ranking is results["local"]
    assert platform.given(defenses.Flagged) is results["flagged"]
    pool = platform.given(defenses.ReferenceModels)
    assert [own.pretrained for own in pool] == [results[f"reference model {k}"] for k in (1, 2, 3)]
    if kind != "repair":
        assert platform.ranking is results["ranking"] and platform.handed is results["handed"]
        assert platform.mode == "ft"
    secrets = of_the_provider(results) | {"targets": results["targets"].items}
    secrets |= {f"twin's {name}": value for name, value in results["clean"].weights.items()}
    words = {*parties.provider.user_ids, *attacks.registry.names(), name, "targets-id"}
    assert leaks(platform, secrets, (*HARNESS, Targets, attacks.Provider), words) == []


def test_a_model_that_a_defender_opens_leads_to_nothing_more(
    caught: list[Any], results: dict[str, Any], victim: Victim, parties: Partition
) -> None:
    defend.detect(hands(victim, results, "detect", "spy"))
    look = Inspection(caught[0])
    found = [look, look.own_scores, look.group_scores, list(look.model.scores_along(look.users))]
    secrets = of_the_provider(results) | {"targets": results["targets"].items}
    secrets |= {f"twin's {name}": value for name, value in results["clean"].weights.items()}
    words = {*parties.provider.user_ids, *attacks.registry.names(), "spy", "targets-id"}
    kinds = (*HARNESS, Targets, attacks.Provider, TopK, Detection)
    assert leaks(found, secrets, kinds, words) == []
    # The walk does look into the network: the weights that were handed over are found there.
    handed = {"handed": results["pretrained"].weights["item_embedding.weight"]}
    assert leaks(look.model.encoder, handed, (), set()) != []


@pytest.mark.parametrize(
    "planted",
    [
        lambda data: data.items[3:5],
        lambda data: data.items.copy(),
        lambda data: lambda fraction: data,
        lambda data: functools.partial(print, data),
        lambda data: data.take,
        lambda data: [{"deep": (data,)}],
        lambda data: memoryview(data.items),
        lambda data: np.frombuffer(memoryview(data.items).cast("B"), np.int32)[5:],
    ],
    ids=["view", "copy", "closure", "partial", "method", "nested", "memory", "buffer"],
)
def test_the_walk_finds_what_is_planted(planted: Any, results: dict[str, Any], victim: Victim) -> None:
    """Else the tests above could not fail."""
    platform = results["partition"].platform
    honest = attacks.Provider(results["partition"].provider, results["targets"], victim, 7, None)
    assert leaks(honest, of_the_platform(results), HARNESS, set()) == []
    for provider in (
        replace(honest, victim=replace(victim, report=planted(platform))),
        replace(honest, data=replace(honest.data, info={"x": planted(platform)})),
    ):
        assert leaks(provider, of_the_platform(results), HARNESS, set()) != []
