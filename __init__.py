"""Measure what a pre-trained recommender can do to those who use it: attacks, defenses, one harness."""

__version__ = "0.1.0"
