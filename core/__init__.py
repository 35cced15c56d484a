"""What everybody needs and nobody owns: errors, registry, seeds and the records that travel."""
