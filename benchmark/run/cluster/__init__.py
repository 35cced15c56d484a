"""Dask: a cluster of this machine's processes, joining one that exists, and what its workers do."""
