"""Stages: pure functions with ids made of all that determines their results, the graph of them, and their store."""
