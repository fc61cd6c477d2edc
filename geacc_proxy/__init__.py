"""A filtering proxy that hides pictures unfit for a general audience before they reach the screen."""

__version__ = "0.1.0"
