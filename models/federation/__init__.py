"""Federated training of a recommender, simulated: a round of clients is one batch, not a loop."""
