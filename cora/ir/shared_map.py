"""What is known of variables at one place of a program, kept so that walking a large program stays cheap.

Data flow over blocks copies what is known at every branch and merges it at every join, and most of it is the same on
both sides. A `SharedMap` shares what is the same: a copy costs a reference for each 32 variables, a merge looks only at
the parts in which the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

T = TypeVar("T")
D = TypeVar("D")

_BITS = 5
_SIZE = 1 << _BITS
_MASK = _SIZE - 1
_EMPTY: tuple[None, ...] = (None,) * _SIZE


@dataclass(slots=True)
class _Numbers:
    """A place for each name, the same in all maps that come from one."""

    of: dict[str, int]
    names: list[str]


class SharedMap(Generic[T]):
    """A mutable mapping from names to values. Maps are merged only with maps that come from the same one by `copy`."""

    __slots__ = ("_chunks", "_numbers")

    def __init__(self, values: Mapping[str, T] | None = None) -> None:
        values = values or {}
        self._numbers = _Numbers({name: number for number, name in enumerate(values)}, list(values))
        held: list[T | None] = [*values.values(), *(None for _ in range(-len(values) % _SIZE))]
        self._chunks: list[tuple[T | None, ...]] = [tuple(held[i : i + _SIZE]) for i in range(0, len(held), _SIZE)]

    def copy(self) -> SharedMap[T]:
        return self._with(self._chunks.copy())

    def empty(self) -> SharedMap[T]:
        """A map without values that may be merged with this one."""
        return self._with([])

    def _with(self, chunks: list[tuple[T | None, ...]]) -> SharedMap[T]:
        new: SharedMap[T] = SharedMap.__new__(type(self))
        new._numbers = self._numbers
        new._chunks = chunks
        return new

    @overload
    def get(self, name: str) -> T | None: ...
    @overload
    def get(self, name: str, default: D) -> T | D: ...
    def get(self, name: str, default: D | None = None) -> T | D | None:
        number = self._numbers.of.get(name)
        if number is None or number >> _BITS >= len(self._chunks):
            return default
        value = self._chunks[number >> _BITS][number & _MASK]
        return default if value is None else value

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __setitem__(self, name: str, value: T) -> None:
        numbers = self._numbers
        number = numbers.of.get(name)
        if number is None:
            number = numbers.of[name] = len(numbers.names)
            numbers.names.append(name)
        while number >> _BITS >= len(self._chunks):
            self._chunks.append(_EMPTY)
        self._put(number, value)

    def discard(self, name: str) -> None:
        """Removes the value of a name, if it has one."""
        if self.get(name) is not None:
            self._put(self._numbers.of[name], None)

    def _put(self, number: int, value: T | None) -> None:
        chunk, at = self._chunks[number >> _BITS], number & _MASK
        if chunk[at] is not value:
            self._chunks[number >> _BITS] = (*chunk[:at], value, *chunk[at + 1 :])

    def items(self) -> Iterator[tuple[str, T]]:
        names = self._numbers.names
        for first, chunk in enumerate(self._chunks):
            for at, value in enumerate(chunk):
                if value is not None:
                    yield names[first << _BITS | at], value

    def common(self, other: SharedMap[T]) -> SharedMap[T]:
        """The map of the values that are the same in both."""
        return self.merged(other, lambda _name, _here, _there: None)

    def merged(self, other: SharedMap[T], join: Callable[[str, T | None, T | None], T | None]) -> SharedMap[T]:
        """The map that has `join(name, value here, value there)` for each name whose values differ (None: no value),
        and the common value for all others."""
        assert self._numbers is other._numbers
        names = self._numbers.names
        ours, theirs = self._chunks.copy(), other._chunks
        missing = len(theirs) - len(ours)
        ours += [_EMPTY] * missing
        theirs = theirs + [_EMPTY] * -missing
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if a is b:
                continue
            chunk = list(a)
            for at, (here, there) in enumerate(zip(a, b, strict=True)):
                if here is not there and here != there:
                    chunk[at] = join(names[index << _BITS | at], here, there)
            ours[index] = tuple(chunk)
        return self._with(ours)
