"""Ways for traffic to come in."""
