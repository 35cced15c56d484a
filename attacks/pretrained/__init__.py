"""Attacks by the provider of a pre-trained model."""
