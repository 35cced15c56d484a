from rbench.defenses.kmeans import KMeans
from rbench.testing import DetectorContract


class TestKMeans(DetectorContract):
    defense = KMeans


class TestKMeansByMean(DetectorContract):
    defense = KMeans
    options = {"flag": "larger-mean"}
