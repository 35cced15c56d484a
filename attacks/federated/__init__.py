"""Attacks by malicious clients of a federation."""
