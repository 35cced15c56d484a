"""What the attacks by item owners share."""
