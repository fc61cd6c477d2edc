"""What can go wrong through a person's doing. Each message is one line: what, where, what would be right."""


class GeaccError(Exception):
    """The work failed; the command line prints the message and exits with 1."""

    exit_code = 1


class UsageError(GeaccError):
    """The program was called or configured wrongly; exits with 2."""

    exit_code = 2


class ModelError(GeaccError):
    """A model file or its card is missing, changed, cut short or of an unknown kind."""


class JournalError(GeaccError):
    """The block log cannot be opened, read or written."""
