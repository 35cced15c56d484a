"""Published language models that a defense's options name: which revision is meant, and what its files are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ....core.errors import UserError
from ....defenses.language import TitleScanner
from ....models.text.common.causal.folder import check_installed, fingerprint, folder_of, is_folder, pinned
from ...stages.setting import Variant


def named(cls: type, options: Mapping[str, Any]) -> dict[str, str]:
    """Return the published models that a defense's options name, by option."""
    if not issubclass(cls, TitleScanner):
        return {}
    given = {option: str(options.get(option, "small")) for option in cls.language_models}
    return {option: model for option, model in given.items() if model not in cls.networks}


def check(models: Iterable[str]) -> None:
    """Check that models can be had.

    Raises:
        UserError: If one cannot.
    """
    for model in models:
        check_installed()
        if is_folder(revision := pinned(model)):
            folder_of(revision)


def with_revisions(defense: Variant) -> Variant:
    """Return a defense whose options say which revisions of models on the hub are meant."""
    models = named(defense.cls, vars(defense.config))
    return replace(defense, config=replace(defense.config, **{o: pinned(m) for o, m in models.items()}))


def digests(cls: type, options: Mapping[str, Any]) -> dict[str, str]:
    """Return, by option, what tells apart the files of models that are folders; an id on the hub says its commit."""
    return {option: fingerprint(model) for option, model in named(cls, options).items() if is_folder(model)}


def check_unchanged(cls: type, params: Mapping[str, Any]) -> None:
    """Check that the files are those of which the plan was made.

    Args:
        cls: The defense.
        params: The parameters of a stage, with ``defense`` and, if there are folders, ``files``.

    Raises:
        UserError: If they changed.
    """
    options = params["defense"]["config"]
    found = digests(cls, options)
    for option, digest in params.get("files", {}).items():
        if found.get(option) != digest:
            raise UserError(f"{option}={options[option]}: its files changed after the run was planned; run again.")
