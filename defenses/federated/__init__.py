"""Aggregators: rules of a federation's server that resist poisoned gradients."""
