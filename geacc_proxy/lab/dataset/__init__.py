"""Data sets from lists of addresses: Geacc's `download.py`, made to be interrupted, lied to and run again."""
