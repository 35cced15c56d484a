"""Contracts of the methods of federated training."""
