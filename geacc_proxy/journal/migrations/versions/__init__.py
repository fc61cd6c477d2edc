"""One file a step; each is frozen once released."""
