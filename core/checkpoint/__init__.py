"""Checkpoints of torch and RecBole, read as data: nothing that they name is imported, called or built."""
