"""Raw files: where they lie, what identifies them, and how they get there."""
