"""The end of a merge: one transaction moves all data of the first technology to the second.

The record of the first stays without a document, as after a deletion in steps. `finish` here or the
scheduled function then deletes its rows of words and its older moves.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from chalicelib.errors import RegisterError, VersionMismatchError
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, item_key
from chalicelib.stores.dynamodb.items import new_mark, technology_item
from chalicelib.stores.dynamodb.names import free_merged
from chalicelib.stores.dynamodb.rows import unused
from chalicelib.stores.dynamodb.unfinished import MarkError, Unfinished
from chalicelib.stores.dynamodb.writes import UNCHANGED, Change, Writer


class Merging:
    """`copies` are the actions that delete the copies of the first in lists."""

    def __init__(
        self, client: Client, writer: Writer, first: Technology, copies: Sequence[Action]
    ) -> None:
        self._client = client
        self._writer = writer
        self._unfinished = Unfinished(client)
        self._first = first
        self._copies = copies
        self._key = keys.technology_key(first.id)

    def ending(self, change: Change, after: Technology) -> Change:
        """The change of the second, with the deletion of the first added."""
        former = technology_item(self._first)
        emptied: Item = {
            **item_key(self._key),
            "mark": new_mark(),
            "counterpart": {"M": {"document": former["document"]}},
        }
        write = self._client.put(emptied, UNCHANGED, seen={"S": self._first.mark})
        ends = [
            Action(write, self._refusal),
            unused(self._client, self._first.id),
            self._unfinished.note(self._key),
            *free_merged(self._client, self._first, after),
            *self._copies,
        ]
        return replace(change, then=[*ends, *change.then])

    def finish(self) -> None:
        with suppress(MarkError):  # another writer finishes it
            self._unfinished.finish(self._key)

    def _refusal(self) -> RegisterError:
        """The reason why the first was not deleted. Finishes an interrupted write of it."""
        error = self._writer.refusal(self._key, self._first.version)
        if not isinstance(error, MarkError):
            return error
        self.finish()
        return VersionMismatchError("It was changed a moment ago: read it again")
