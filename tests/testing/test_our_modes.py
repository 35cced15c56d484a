from rbench.benchmark.modes.direct import Direct
from rbench.benchmark.modes.ft import FineTuning
from rbench.benchmark.modes.pt import PromptTuning
from rbench.testing import ModeContract


class TestDirect(ModeContract):
    mode = Direct


class TestFineTuning(ModeContract):
    mode = FineTuning


class TestPromptTuning(ModeContract):
    mode = PromptTuning
