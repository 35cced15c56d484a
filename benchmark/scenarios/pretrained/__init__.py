"""The scenario in which a platform takes a model that somebody else pre-trained."""
