"""Pictures as data, like tables, and how matplotlib draws them."""
