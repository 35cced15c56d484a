"""Commands for models that leave and come as files."""
