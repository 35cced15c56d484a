"""Tables of the language scenario."""
