"""What is in a data set, as text and as a picture."""
