"""Attacks by fake users of an honest provider, who see what a shop shows to everybody."""
