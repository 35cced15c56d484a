"""A multi-layer perceptron over a user and an item: forward, backward and scores by hand, for speed."""
