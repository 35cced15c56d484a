"""Defenses of a platform that was handed a model."""
