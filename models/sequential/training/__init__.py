"""Training on whole sequences: windows, negatives, losses, optimizer, and when to stop."""
