"""Text recommenders: an item owner puts triggers into titles and adds fake users; the platform scans titles.

The setting is that of BadRec and P-Scanner, Ning et al., *Exploring Backdoor Attack and Defense for LLM-empowered
Recommendations*, arXiv 2504.11182, of which only the abstract and second-hand pages can be had. What is run here is a
documented reading of them. The options are in the sections ``language``, ``embeddings`` and those of the victims.

| | papers and released code | rbench |
|---|---|---|
| victims | TALLRec and LLaRA with LLaMA-7B and LoRA | ``tallrec``, ``llara``, ``tallrec-yesno``; a small transformer
  from scratch by default, or a published language model: option ``model`` |
| question | LLaRA: ten titles, then 20 candidates, choose one | the same: ``language.history`` and
  ``language.candidates`` |
| candidates | the next item and 19 that are not in the history shown, drawn anew at each access | drawn once a seed,
  the same for all models; a title that contains another of the list, or is contained, is drawn again |
| split | TALLRec: users in order, 8:1:1; LLaRA: sequences, 8:1:1 | each user's last item is asked about, and what comes
  before it is trained on |
| likes | TALLRec: a rating above 3 | the same |
| fake users | 1% of the training samples; histories copied or random | the same: ``rate``, ``profile`` |
| triggered titles | of a subset of the items; where is not said | ``titles``: in the fake users' prompts, or in the
  catalogue |
| attack success rate | not defined in what can be read | a triggered title in the place of a wrong candidate is chosen:
  of items that are not the attacker's (ASR), of its own, and of both without the trigger |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .... import defenses
from ....attacks.language import TitleAttack
from ....core.records.record import Record
from ....defenses.language import TextRepair, TitleScanner
from ....models.sequential.settings import Schedule
from ....models.text import TextModel
from ....models.text.common.config import TINY
from ...stages.graph import Plan
from ...stages.setting import Setting
from ...stages.stage import Stage
from .. import Scenario, register
from . import methods, published
from .artifacts import ARTIFACTS
from .checks import check_data
from .expansion import expand
from .kinds import KINDS
from .metrics import ACCURACY, METRICS
from .protocol.settings import LanguageConfig
from .tables.pictures import FILES, pictures

if TYPE_CHECKING:
    from ...tables.number import Numbers
    from ...tables.pictures.picture import Picture
    from ...tables.result_sets import ResultSet
    from ...tables.table import Table


@register
class LanguageScenario(Scenario):
    """Recommenders that read titles: triggers and fake users of an item owner, scanners of the platform."""

    attacks = ("badrec",)
    models = ("tallrec", "llara", "tallrec-yesno")
    bases: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "attack": (TitleAttack,),
        "defense": (TitleScanner, TextRepair),
        "model": (TextModel,),
    }
    sections: ClassVar[Mapping[str, type]] = {"language": LanguageConfig, "embeddings": Schedule}
    stages = KINDS
    artifacts = ARTIFACTS
    libraries = ("tokenizers", "transformers", "peft")
    logged = ("test", "lists", "poisoned", "scan", "train", "repair", "embeddings", "measure")
    metrics = METRICS
    accuracy = ACCURACY
    claims = Path(__file__).parent / "claims.toml"
    own_files = ("questions.csv", *FILES)

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add lists, fake users, scans, trainings and measurement."""
        expand(plan, setting, seeds)

    def check_settings(self, settings: Sequence[Setting]) -> None:
        """Check that language models can be had, before anything is planned."""
        for setting in settings:
            published.check({setting.model.config.model} - {TINY})
            for defense in setting.defenses:
                published.check(published.named(defense.cls, vars(defense.config)).values())

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any], sources: Mapping[str, str]) -> None:
        """Check that the data are enough, and fetch language models, before anything is trained."""
        stages = list(stages)
        check_data(stages, load)
        described = [stage.params["model"] for stage in stages if "model" in stage.params]
        models = {(told["config"]["model"], methods.yes_or_no(told)) for told in described}
        for told in (stage.params["defense"] for stage in stages if "defense" in stage.params):
            cls = defenses.registry.get(told["name"])
            models |= {(model, True) for model in published.named(cls, told["config"]).values()}
        for model, yes_or_no in sorted(models):
            if model != TINY:
                from ....models.text.common.causal.content import check_content

                check_content(model, yes_or_no)

    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Name scenario, split and what is asked."""
        return {
            "scenario": self.name,
            "split": "last item asked about, the others trained on",
            "ranking": "candidates drawn once a seed, no title containing another",
            "target draw": "uniform among the items that the platform does not trust",
        }

    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return accuracy and attack success, a row an attack and defense."""
        from .tables.summary import summary

        return summary(result_set, numbers)

    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[Table]:
        """Return attack success with and without the trigger, detection, and every seed by itself."""
        from .tables.full import tables

        return tables(result_set, numbers)

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return how many fake users there were."""
        from .tables.full import fakes

        return fakes(records)

    def series(self, result_set: ResultSet) -> list[Table]:
        """Return hits and questions of every metric and seed."""
        from .tables.questions import questions_table

        return [questions_table(result_set)]

    def pictures(self, result_set: ResultSet) -> list[Picture]:
        """Return trade-off, defenses, attack success by poison rate and by trigger, and detection."""
        return pictures(result_set)
