"""From a grid to the graph of its stages."""

from __future__ import annotations

from .. import scenarios
from ..stages.graph import Plan
from ..stages.setting import Grid


def build(grid: Grid) -> Plan:
    """Expand a grid, each of its settings as its scenario says.

    Raises:
        UserError: If a method lacks what it needs, or methods do not go together.
    """
    for name in dict.fromkeys(setting.scenario for setting in grid.settings):
        scenarios.get(name).check_settings([setting for setting in grid.settings if setting.scenario == name])
    plan = Plan()
    for setting in grid.settings:
        scenarios.get(setting.scenario).expand(plan, setting, grid.seeds)
    return plan
