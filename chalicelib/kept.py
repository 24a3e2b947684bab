"""What was made before, for whoever asks for it again: a Lambda answers many requests in one process."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 8_000_000  # characters of text behind what is kept, or in it


class Kept(Generic[T]):
    """Things by everything they were made of, so that none is ever out of date.

    At most about MOST characters' worth of them: then it begins anew. Thread-safe.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._things: dict[Hashable, T] = {}

    def get(self, parts: Hashable) -> T | None:
        return self._things.get(parts)

    def keep(self, parts: Hashable, thing: T, size: int) -> T:
        """Gives the thing back; `size` is in characters."""
        self._size += size
        if self._size > self._most:
            self._size, self._things = size, {}
        if size <= self._most:
            self._things[parts] = thing
        return thing
