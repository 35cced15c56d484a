"""How the raw files of published data sets are written, one data set or family of them in a file."""
