"""What repairs share."""
