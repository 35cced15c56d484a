from rbench.datasets.checkerboard import Checkerboard
from rbench.datasets.ml_100k import Ml100k
from rbench.testing import DatasetContract


class TestCheckerboard(DatasetContract):
    dataset = Checkerboard


class TestCheckerboardOfManyColours(DatasetContract):
    dataset = Checkerboard
    options = {"colours": 4, "longest": 12, "min_item_interactions": 5}


class TestMl100k(DatasetContract):
    dataset = Ml100k
