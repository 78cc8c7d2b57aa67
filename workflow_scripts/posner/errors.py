"""The one exception for input that a person has to mend."""


class InputError(ValueError):
    """Bad input: the message names the file and line, or the setting, and says what to do."""
