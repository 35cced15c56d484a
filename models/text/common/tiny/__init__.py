"""A small causal transformer over titles, trained from scratch in minutes on one core."""
