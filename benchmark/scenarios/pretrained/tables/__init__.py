"""The tables of the scenario of pre-trained models."""
