"""Delivery: what the decisions say is brought into the platforms' gradebooks, and what came of it is known."""
