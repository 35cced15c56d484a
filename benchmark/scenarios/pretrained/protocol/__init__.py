"""Who is the provider's and who the platform's, which items are targets, and whom group attacks aim at."""
