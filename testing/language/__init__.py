"""Contracts of methods that work with titles."""
