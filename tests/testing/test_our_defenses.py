from rbench.defenses.federated.krum import Krum
from rbench.defenses.federated.median import Median
from rbench.defenses.federated.multi_krum import MultiKrum
from rbench.defenses.federated.norm_bound import NormBound
from rbench.defenses.federated.trimmed_mean import TrimmedMean
from rbench.defenses.pretrained.kmeans import KMeans
from rbench.testing import AggregatorContract, DetectorContract


class TestKMeans(DetectorContract):
    defense = KMeans


class TestKMeansByMean(DetectorContract):
    defense = KMeans
    options = {"flag": "larger-mean"}


class TestNormBound(AggregatorContract):
    defense = NormBound


class TestTightNormBound(AggregatorContract):
    defense = NormBound
    options = {"bound": 0.01}
    agrees = False


class TestMedian(AggregatorContract):
    defense = Median


class TestTrimmedMean(AggregatorContract):
    defense = TrimmedMean


class TestKrum(AggregatorContract):
    defense = Krum


class TestMultiKrum(AggregatorContract):
    defense = MultiKrum
