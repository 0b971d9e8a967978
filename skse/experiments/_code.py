"""What a function or class of one's own does, as a digest: to tell whether it has changed."""

import marshal
import sys
import sysconfig
from secrets import token_hex
from types import CodeType, FunctionType, ModuleType

import joblib

from skse.utils import digest

# Whose code the versions in a record stand for.
_VERSIONED = {"builtins", "keras", "numpy", "sklearn", "skse", "tensorflow"}
_INSTALLED = tuple(
    sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def name_of(thing, code=True):
    """Name a function or class, so that one that does something else has another name.

    Parameters
    ----------
    thing : function or type
        Any.
    code : bool, default=True
        Whether to add the digest of what is one's own.

    Returns
    -------
    name : str
        Its name alone where it is of skse or of what skse stands on; of another package with
        that one's version; of one's own with a digest of its code. That digest is the same
        in every process of one version of Python, wherever the code stands.
    """
    package = _module_of(thing).partition(".")[0]
    if package in _VERSIONED or (_is_own(thing) and not code):
        return thing.__name__
    name = f"{_module_of(thing)}.{thing.__qualname__}"
    if not _is_own(thing):
        return f"{name} {getattr(sys.modules.get(package), '__version__', '')}".rstrip()
    parts = []
    _gather(thing, parts, {})
    return f"{name} {digest(*parts)[:12]}"


def hash_of(value):
    """Hash an object; one that cannot be hashed has another hash every time."""
    try:
        return joblib.hash(value)
    except Exception:  # whatever a foreign object raises when it is pickled
        return token_hex()


def _gather(thing, parts, seen):
    """Collect what a thing is made of: code, constants, and whatever of one's own it names."""
    if isinstance(thing, property):
        thing = thing.fget
    thing = getattr(thing, "__func__", thing)  # of a method
    if not isinstance(thing, (list, tuple, type, FunctionType, ModuleType)):
        parts.append(repr(thing) if isinstance(thing, (str, int, float)) else hash_of(thing))
        return
    parts.append(str(seen.get(id(thing), (len(seen),))[0]))
    if id(thing) in seen:
        return
    seen[id(thing)] = len(seen), thing  # held, lest its id is given to another
    inner = [_module_of(thing), getattr(thing, "__qualname__", "")]
    if isinstance(thing, (list, tuple)):
        inner = thing
    elif isinstance(thing, type) and _is_own(thing):
        inner += thing.__bases__
        for name, value in sorted(vars(thing).items()):
            if isinstance(value, FunctionType) or not name.startswith(("__", "_abc_")):
                inner += [name, value]
    elif isinstance(thing, FunctionType) and _is_own(thing):
        codes = list(_codes_in(thing.__code__))
        parts.append(marshal.dumps(_bare(codes[0]), 2))
        names = {name for code in codes for name in code.co_names}
        inner += [thing.__defaults__, *sorted((thing.__kwdefaults__ or {}).items())]
        inner += [
            (n, v) for n, v in sorted(vars(thing).items()) if isinstance(v, (str, int, float))
        ]
        inner += _enclosed(thing) + _named(thing.__globals__, names)
    for item in inner:
        _gather(item, parts, seen)


def _module_of(thing):
    return getattr(thing, "__module__", None) or getattr(thing, "__name__", "builtins")


def _is_own(thing):
    """Whether a function or class is of no installed package and not of Python."""
    name = _module_of(thing)
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    installed = name.partition(".")[0] in _VERSIONED | sys.stdlib_module_names
    return name == "__main__" or not (installed or file.startswith(_INSTALLED))


def _codes_in(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)


def _bare(code):
    """Code without the place where it stands."""
    constants = (_bare(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_filename="", co_firstlineno=1, co_consts=tuple(constants))


def _enclosed(function):
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # nothing is in it yet
            continue
    return found


def _named(names_here, names):
    """Find what the names in some code stand for, as far as it can be told."""
    found = []
    for name in sorted(names & names_here.keys()):
        value = names_here[name]
        if isinstance(value, ModuleType) and not _is_own(value):
            continue
        found.append(_named(vars(value), names) if isinstance(value, ModuleType) else value)
    return found
