"""What training came to: exposure of targets, accuracy, and the ranks behind both."""
