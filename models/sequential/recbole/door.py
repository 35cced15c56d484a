"""The one door to RecBole's code: it runs on current NumPy, evaluates nothing of ours, and leaves no state changed."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import random
import sys
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ....core.errors import UserError

if TYPE_CHECKING:
    from torch import nn

NO_STRINGS: Mapping[str, object] = {"gpu_id": (), "train_neg_sample_args": None}
"""All that RecBole's ``Config`` is given: no graphics card, and no negatives, which are rbench's own."""


def restore_numpy_names() -> None:
    """Put back the aliases that NumPy 2 dropped and RecBole 1.2.0 still reads."""
    for name, kind in (("float_", np.float64), ("complex_", np.complex128), ("unicode_", np.str_)):
        if not hasattr(np, name):
            setattr(np, name, kind)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Run RecBole's code, and leave the process as it was found.

    While this lasts ``sys.argv`` is cut, for RecBole evaluates its words as Python, and what is printed goes to
    stderr. Afterwards these are as before: the global random states of Python, NumPy and torch, autograd's anomaly
    detection, the environment, the root logger, the working directory.
    """
    restore_numpy_names()
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    anomalies = torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
    environment, folder = dict(os.environ), os.getcwd()
    root = logging.getLogger()
    level, handlers, disabled = root.level, list(root.handlers), root.manager.disable
    argv, stderr = sys.argv, sys.stderr
    sys.argv = ["rbench"]
    try:
        with contextlib.redirect_stdout(stderr):
            yield
    finally:
        sys.argv, sys.stderr = argv, stderr
        root.setLevel(level)
        root.handlers[:] = handlers
        logging.disable(disabled)
        os.chdir(folder)
        _restore_environment(environment)
        torch.set_anomaly_enabled(*anomalies)
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def _restore_environment(before: Mapping[str, str]) -> None:
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


def transformer_encoder(**sizes: Any) -> nn.Module:
    """Build RecBole's ``TransformerEncoder``; its parameters keep RecBole's names.

    Raises:
        UserError: If RecBole is missing.
    """
    return _draw(_import("recbole.model.layers").TransformerEncoder, **sizes)


def model_class(name: str) -> type[nn.Module]:
    """Return RecBole's class of a sequential model, e.g. ``GRU4Rec``.

    Raises:
        UserError: If RecBole is missing or has no such model.
    """
    if not name.isidentifier():
        raise UserError(f"{name!r} is not the name of a model of RecBole.")
    module = _import(f"recbole.model.sequential_recommender.{name.lower()}")
    found: type[nn.Module] = getattr(module, name)
    return found


def settings(cls: type[nn.Module], options: Mapping[str, object], max_length: int) -> Any:
    """Return RecBole's ``Config`` for a model of its.

    ``Config`` evaluates every string that it is given. So it is given none: options are put in afterwards, when they
    are values like others.

    Args:
        cls: What :func:`model_class` returned.
        options: Values by RecBole's names; what is not named has RecBole's default.
        max_length: Longest sequence.

    Raises:
        ValueError: If the model has no such option.
    """
    with undisturbed():
        config = _import("recbole.config").Config(model=cls, dataset="rbench", config_dict=dict(NO_STRINGS))
    config["device"] = torch.get_default_device()
    for name, value in {**options, "MAX_ITEM_LIST_LENGTH": max_length}.items():
        if name not in config:
            raise ValueError(f"RecBole's {cls.__name__} has no option {name}.")
        config[name] = value
    if config["transform"] is not None:
        with undisturbed():
            _import("recbole.data.transform").construct_transform(config)  # it names fields, which the model reads
    return config


def build(cls: type[nn.Module], config: Any, dataset: Any) -> nn.Module:
    """Build a model of RecBole's, or of a class derived from one; its weights are drawn from torch's random state.

    Args:
        cls: The class.
        config: What :func:`settings` returned.
        dataset: What the model asks of RecBole's ``Dataset`` as it is built.
    """
    return _draw(cls, config, dataset)


def _draw(make: Any, *given: Any, **named: Any) -> nn.Module:
    with undisturbed():
        # Some draw weights from NumPy's global state: then torch's decides, which is not moved by this.
        np.random.seed(zlib.crc32(torch.get_rng_state().numpy().tobytes()))
        made: nn.Module = make(*given, **named)
        drawn = torch.get_rng_state()
    torch.set_rng_state(drawn)
    return made


def _import(module: str) -> Any:
    try:
        with undisturbed():
            return importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"RecBole 1.2.0 could not be imported: {error}.") from error
