"""What is the same for every victim: which items are whose, what is asked, and what an answer counts."""
