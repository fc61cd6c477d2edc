"""Files and steps that set a device up, and take it off again: pure, no I/O but reading what is packaged here."""
