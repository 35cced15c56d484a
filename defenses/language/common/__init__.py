"""What title scanners share."""
