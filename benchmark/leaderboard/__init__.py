"""Leaderboards from records: result sets of one protocol, statistics, tables, claims."""
