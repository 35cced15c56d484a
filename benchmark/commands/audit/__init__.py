"""Commands for those who were handed a model."""
