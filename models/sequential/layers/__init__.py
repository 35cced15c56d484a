"""Layers of sequential recommenders, as RecBole has them, computed faster."""
