"""Changes functions of a loaded module: replaces their code wherever they are referenced.

Input: a module's file, its text before and after. Guarantees: a change outside of functions, or in code that ran when
the module was loaded, is refused (CannotSwapError): such a module has to be loaded again.
"""

import functools
import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType


class CannotSwapError(Exception):
    """The change does not only affect functions."""


def swap(path: str, before: str, after: str) -> None:
    """Replace the code of the functions that differ, and clear the caches of functions of the package."""
    new = dict(_pairs(compile(before, path, "exec"), compile(after, path, "exec")))
    # conftest.py leaves out of the collections of garbage what was imported, and with it out of this list.
    gc.unfreeze()
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename == path and each.__code__ in new:
            try:
                each.__code__ = new[each.__code__]
            except ValueError as error:
                raise CannotSwapError(str(error)) from error
        elif isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith(("composer", "tests")):
            each.cache_clear()


def can_swap(path: str, before: str, after: str) -> bool:
    """Return whether a change only affects functions."""
    try:
        return bool(list(_pairs(compile(before, path, "exec"), compile(after, path, "exec"))))
    except CannotSwapError:
        return False


def _pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pair the functions that differ, including inner functions, also in objects already created from them."""
    is_function = bool(before.co_flags & inspect.CO_OPTIMIZED)
    if is_function:
        if before == after:
            return
        yield before, after
    elif _itself(before) != _itself(after):
        raise CannotSwapError(before.co_name)
    for one, other in zip(_inside(before), _inside(after), strict=False):
        if not is_function and one.co_name.startswith("<") and one != other:
            raise CannotSwapError(one.co_name)
        if one.co_qualname == other.co_qualname:
            yield from _pairs(one, other)


def _inside(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _itself(code: CodeType) -> tuple[object, ...]:
    consts = [each.co_name if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, consts
