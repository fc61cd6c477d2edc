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


class MissingExtraError(GeaccError):
    """What was asked for needs packages that are installed only on request."""

    def __init__(self, what: str, extra: str) -> None:
        """Name the extra.

        Args:
            what: what needs it, such as `reading model.h5`.
            extra: its name in pyproject.toml.
        """
        super().__init__(f"{what} needs the extra {extra!r}; install it with: pip install 'geacc-proxy[{extra}]'")
