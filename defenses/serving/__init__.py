"""Defenses that change what is served, and not the model."""
