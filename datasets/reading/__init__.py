"""From files of rows, however they are written, to batches of Arrow columns; every fault is told with its line."""
