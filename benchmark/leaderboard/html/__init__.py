"""Leaderboards, their index and comparisons as HTML files: each is whole in itself, and makes no request."""
