"""The two policies of P-Scanner: one labels titles, the other writes triggers."""
