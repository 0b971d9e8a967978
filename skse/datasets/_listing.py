"""Lists of files in messages."""


def shorten(names, most, separator):
    """Name the first `most` of many and count the others."""
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return separator.join([*names[:most], *more])
