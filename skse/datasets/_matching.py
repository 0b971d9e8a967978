"""Which file of one folder belongs to a file of another, by their names."""

import re
from collections import defaultdict
from collections.abc import Mapping

from skse.utils import UnusableFileError


class Partners:
    """Finds the files of a folder that belong to files of another.

    Parameters
    ----------
    paths : list of Path
        Files below `folder`.
    folder : Path
        Where they are.
    match : "stem", str, re.Pattern, mapping or callable
        As of :func:`load_pairs`.
    template : str or None
        Name of a partner, with the groups of `match`; see `clean_name` of :func:`load_pairs`.
    both_ways : bool, default=True
        Whether the expression is searched in the names of `paths` too.
    caller, name : str
        Whom an error message names, and its parameter for the template.
    """

    def __init__(self, paths, folder, match, template=None, *, both_ways=True,
                 caller="load_pairs", name="clean_name"):  # fmt: skip
        pattern = _compile(caller, match)
        self.name_of = _namer(caller, match, pattern, template, name)
        self.folder, self.kind = folder, name.removesuffix("_name")
        self.by_name, self.by_group = defaultdict(list), defaultdict(list)
        for path in paths:
            for key in {path.stem, path.name, self.below(path)}:
                self.by_name[key].append(path)
            if both_ways and pattern and template is None and (found := pattern.search(path.stem)):
                self.by_group[found[1]].append(path)

    def below(self, path):
        """Path below the folder, without extension."""
        return path.relative_to(self.folder).with_suffix("").as_posix()

    def find(self, path, folder):
        """Return the partner of a file below `folder`, or None; two that fit are an error."""
        name = self.name_of(path)
        if name is None:
            return None
        candidates = self.by_name.get(name) or self.by_group.get(name, [])
        if len(candidates) > 1:
            parent = path.parent.relative_to(folder)
            beside = [other for other in candidates if other.parent == self.folder / parent]
            if len(beside) != 1:
                what = "have the stem" if name in self.by_name else "match with"
                raise UnusableFileError(
                    path, f"{len(candidates)} {self.kind} files {what} {name!r}"
                )
            return beside[0]
        return candidates[0] if candidates else None

    def is_ambiguous(self, path):
        """Whether another file has its stem."""
        return len(self.by_name[path.stem]) > 1


def _compile(caller, match):
    """Return the regular expression, or None for what is none."""
    if not isinstance(match, (str, re.Pattern)) or match == "stem":
        return None
    try:
        pattern = re.compile(match)
    except re.error as error:
        raise ValueError(f"{caller}: match={match!r} is no regular expression: {error}.") from error
    if not pattern.groups:
        raise ValueError(
            f"{caller}: match={match!r} has no group; put the part that names the clean "
            "file in parentheses, as in r'^(sp\\d+)_'."
        )
    return pattern


def _namer(caller, match, pattern, template, name):
    """Return the function from the path of a file to the name of its partner."""
    if not (isinstance(match, (str, re.Pattern, Mapping)) or callable(match)):
        raise ValueError(
            f"{caller}: match={match!r} must be 'stem', a regular expression with a group, a "
            "mapping or a callable."
        )
    if template is None:
        if pattern is not None:
            return lambda path: found[1] if (found := pattern.search(path.stem)) else None
        if isinstance(match, str):
            return lambda path: path.stem
        return (lambda path: match.get(path.stem)) if isinstance(match, Mapping) else match
    if not isinstance(match, (str, re.Pattern)):
        raise ValueError(
            f"{caller}: {name}={template!r} takes the groups of a regular expression, but "
            f"match={match!r:.60} is none; give the names by one of the two."
        )
    pattern = pattern or re.compile("(?s)(.*)")  # {0} and {1} are the whole name then

    try:
        template.format(*[""] * (pattern.groups + 1), **dict.fromkeys(pattern.groupindex, ""))
    except (IndexError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(
            f"{caller}: {name}={template!r} cannot be filled in: match={match!r} gives {{0}} (all "
            f"that it matches) to {{{pattern.groups}}}"
            + "".join(f", {{{group}}}" for group in pattern.groupindex)
            + "; write a brace that stands for itself twice."
        ) from error

    def name_of(path):
        found = pattern.search(path.stem)
        return found and template.format(
            found[0], *found.groups(default=""), **found.groupdict(default="")
        )

    return name_of
