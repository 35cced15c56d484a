"""Models that RecBole's own trainer trained and saved, on a log of its own format."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("rbench_trained", Path(__file__).parent / "trained.py")
assert _spec is not None and _spec.loader is not None
sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules[_spec.name])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Train a model of RecBole by its name, once."""
    from rbench_trained import Trained, train, write_log

    folder = tmp_path_factory.mktemp("recbole")
    write_log(folder)
    done: dict[str, Trained] = {}

    def get(name: str) -> Trained:
        if name not in done:
            done[name] = train(name, folder)
        return done[name]

    return get
