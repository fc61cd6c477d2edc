"""The research bench: train, evaluate, download data sets. Nothing on the road of a picture imports it."""
