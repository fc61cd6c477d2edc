"""Models: cards that describe them, the registry that finds them, and the engines that run them."""
