"""What is measured on a ranking, and on what a detector found."""
