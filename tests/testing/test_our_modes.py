from rbench.benchmark.scenarios.pretrained.modes.direct import Direct
from rbench.benchmark.scenarios.pretrained.modes.ft import FineTuning
from rbench.benchmark.scenarios.pretrained.modes.pt import PromptTuning
from rbench.testing import ModeContract


class TestDirect(ModeContract):
    mode = Direct


class TestFineTuning(ModeContract):
    mode = FineTuning


class TestPromptTuning(ModeContract):
    mode = PromptTuning
