"""What belongs to the machine: files that are written whole, and the state of the process."""
