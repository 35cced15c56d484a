"""What a model from somebody else does to a log's users, without knowing of any attack."""
