"""Repairs of a model that a platform was handed, before it is used."""
