"""Several runs over one store: a plan cut into shares, and stages of which each is computed by one run."""
