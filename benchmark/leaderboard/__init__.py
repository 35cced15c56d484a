"""Leaderboards from records: sections of one protocol, statistics, tables, claims."""
