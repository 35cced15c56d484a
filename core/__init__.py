"""What all other packages use: errors, registry, seeds and the records that travel."""
