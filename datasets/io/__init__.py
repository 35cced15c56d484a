"""From raw files to sequences, their partition between provider and platform, and the targets drawn from them."""
