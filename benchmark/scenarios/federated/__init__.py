"""The scenario in which clients train a recommender together, and some of them are malicious."""
