"""Commands that look at a store: what runs over it, and what may go."""
