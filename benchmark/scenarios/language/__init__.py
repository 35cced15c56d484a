"""Text recommenders: an item owner words titles and adds fake users, the platform scans titles."""
