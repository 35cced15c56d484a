"""What all victims share: training, prompts, ranking."""
