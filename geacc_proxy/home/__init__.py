"""The living house: who is at home, what holds for them, what a parent changes, and what has happened."""
