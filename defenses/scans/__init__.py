"""Verdicts on whole models."""
