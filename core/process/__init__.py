"""What belongs to the whole process: what decides results in it, and the terminal that it writes to."""
