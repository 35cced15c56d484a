"""What notebooks and commands call, one subject a file."""
