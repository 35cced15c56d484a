"""From records to numbers: what may be compared, statistics over seeds, and tables."""
