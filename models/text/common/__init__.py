"""What the text recommenders share."""
