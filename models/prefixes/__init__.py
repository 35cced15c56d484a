"""Models of RecBole that are given a row for each prefix of a sequence."""
