"""What text recommenders and those who attack or defend them exchange."""
