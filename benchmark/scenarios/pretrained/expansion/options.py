"""A setting's options as plain tables, as stages' parameters take them."""

from __future__ import annotations

from .....core.config import identity
from .....core.registry import version
from ....stages.setting import Setting
from ...dataset import dataset_stage


class PlainOptions:
    """A setting's options, made plain once for all seeds.

    Attributes:
        rule: How users are shared between provider and platform.
        audience: Whom group attacks aim at.
        data: The stage that reads the data.
        losses: Losses that the model can be trained with.
        victim: The model and its options.
        sections: The sections of options that belong to no method.
        attacks: Options of attacks, by label.
        defenses: Options of defenses, those in chains among them, by label.
    """

    def __init__(self, setting: Setting) -> None:
        self.rule, self.audience = setting.data_config.platform, setting.data_config.audience
        self.data = dataset_stage(setting)
        model = setting.model
        options = identity(model.config)
        self.losses = model.cls.losses(model.config)
        self.victim = {"model": model.name, "model_version": version(model.cls), "model_config": options}
        self.sections = {name: identity(section) for name, section in setting.sections.items()}
        self.attacks = {variant.label: {"config": identity(variant.config)} for variant in setting.attacks}
        self.defenses = {
            link.label: {"config": identity(link.config)} for chain in setting.defended for link in chain.links
        }
