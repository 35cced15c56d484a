from rbench.benchmark.run.executors.dask import Dask
from rbench.benchmark.run.executors.local import Local
from rbench.benchmark.run.executors.serial import Serial
from rbench.testing import ExecutorContract


class TestSerial(ExecutorContract):
    executor = Serial


class TestLocal(ExecutorContract):
    executor = Local


class TestDask(ExecutorContract):
    executor = Dask
