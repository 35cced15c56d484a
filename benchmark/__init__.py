"""The harness: from a grid to a plan, stages, records, statistics and leaderboards."""
