"""RecBole's own models as victims."""
