"""Views of the dashboard that people kept, each with a name and a note, in an order of theirs.

HOME/views/ID.json holds one, sealed, and `order.json` beside it the order of all. Every change
writes or deletes one file, so that a run that is killed loses nothing of the others.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gapviz.core.errors import GapvizError
from gapviz.storage.configuration import configuration
from gapviz.storage.files import alone, private_folder, unwritable, write_atomically
from gapviz.storage.read_only import refuse_if_read_only
from gapviz.storage.sealed_json import opened_json, sealed_json

MOST_VIEWS = 200
LONGEST_NAME = 80
LONGEST_NOTE = 2_000
LONGEST_ADDRESS = 8_000
"""Characters; servers and programs for mail cut off longer ones."""
MOST_ITEMS = 500
"""Ids of selected items that are kept beside a note; of more, the first."""
MOST_BYTES = 1_000_000
"""Of a file, before it is read."""

PATIENCE = 60.0
"""Seconds that a change waits for another one, of this process or of any other."""

VIEW = "view"
"""The parameter of an address that names the saved view which it opens."""

ORDER_FILE = "order.json"
MAKE_ROOM = "make room there, or name another folder in GAPVIZ_HOME"
FORMAT = 1

_ID = re.compile(r"[0-9a-f]{8}")
_PAGE = re.compile(r"[a-z][a-z_]{0,39}")

# What reading raises where a file is gone, or holds another thing than was written.
_DAMAGE = (OSError, TypeError, ValueError, KeyError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A page as somebody saw it: its address, what they called it, and what they made of it.

    Raises:
        GapvizError: no name, or something too long to be kept.
    """

    id: str = ""
    """Given by `SavedViews.keep`."""
    page: str
    """The address of the page, without parameters: `search`."""
    params: tuple[tuple[str, str], ...] = ()
    """The parameters of its address; one that has several values stands several times."""
    name: str
    note: str = ""
    content_hash: str = ""
    """Of the collection at that time; see `Collection.content_hash`."""
    kept: str = ""
    """When, in ISO 8601 and UTC; given by `SavedViews.keep`."""
    items: tuple[str, ...] = ()
    """Ids of the items that were selected, at most `MOST_ITEMS`."""
    n_selected: int = 0
    """How many were selected."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise GapvizError("the view has no name", hint="write a few words")
        _refuse_long(self.name, LONGEST_NAME, "the name")
        _refuse_long(self.note, LONGEST_NOTE, "the note")
        _refuse_long(
            urlencode(self.params, errors="replace"), LONGEST_ADDRESS, "the address of the page"
        )
        if not _PAGE.fullmatch(self.page):
            raise GapvizError(f"{self.page[:40]!r} is no page", hint="name one of the dashboard")
        if len(self.items) > MOST_ITEMS:
            raise GapvizError(
                f"{len(self.items):,} selected items are too many to keep",
                hint=f"keep {MOST_ITEMS} at most",
            )

    @property
    def address(self) -> str:
        """Opens the page as it was, with its note, on a server that has this view."""
        named = {VIEW: self.id} if self.id else {}
        return f"{self.page}?{urlencode([*self.params, *named.items()], errors='replace')}"

    @property
    def day(self) -> str:
        """When it was kept, for people."""
        return f"{self.kept[:10]} {self.kept[11:16]} UTC" if self.kept else ""

    def param(self, name: str) -> str | None:
        """The value of a parameter of its address, the last of several; None without one."""
        return dict(self.params).get(name)

    def to_json(self) -> dict[str, Any]:
        """Everything of it as plain values."""
        return {
            "id": self.id,
            "name": self.name,
            "note": self.note,
            "page": self.page,
            "params": [list(one) for one in self.params],
            "address": self.address,
            "content_hash": self.content_hash,
            "kept": self.kept,
            "items": list(self.items),
            "n_selected": self.n_selected,
        }


class SavedViews:
    """All saved views below one folder.

    Args:
        home: the folder; `Configuration.home` unless given. It is made when first written to.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.folder = (home or configuration().home) / "views"

    def all(self) -> tuple[SavedView, ...]:
        """Every view in order, new ones last; `damaged` has those that cannot be read."""
        found = []
        for name in self._ids():
            with suppress(*_DAMAGE):
                found.append(self._read(name))
        place = {name: number for number, name in enumerate(self._order())}
        last = len(place)
        return tuple(sorted(found, key=lambda one: (place.get(one.id, last), one.kept, one.id)))

    def damaged(self) -> tuple[GapvizError, ...]:
        """What cannot be read, and why."""
        return tuple(filter(None, map(self._damage, self._ids())))

    def find(self, view_id: str) -> SavedView:
        """One view.

        Raises:
            GapvizError: there is none of that id, or it is damaged.
        """
        if not _ID.fullmatch(view_id) or not self._place(view_id).is_file():
            raise GapvizError(
                f"there is no saved view {view_id[:40]!r}",
                hint="it may have been removed: choose one that the page Findings lists",
            )
        damage = self._damage(view_id)
        if damage is not None:
            raise damage
        return self._read(view_id)

    def named(self, ids: Iterable[str]) -> tuple[SavedView, ...]:
        """The views of some ids, in their order; all where none is named.

        Raises:
            GapvizError: as `find`.
        """
        asked = tuple(ids)
        return tuple(map(self.find, asked)) if asked else self.all()

    def keep(self, view: SavedView) -> SavedView:
        """Store a new view as the last one.

        Returns:
            The same with its id and the time.

        Raises:
            GapvizError: there are `MOST_VIEWS`, a gapviz that only shows, or a folder that cannot
                be written.
        """
        with self._changing():
            taken = set(self._ids())
            if len(taken) >= MOST_VIEWS:
                raise GapvizError(
                    f"{MOST_VIEWS} views are kept, and no more fit",
                    hint="remove some on the page Findings",
                )
            name = next(name for name in iter(_new_id, "") if name not in taken)
            # After all others, though two come at once or the clock was set back.
            moments = [datetime.fromisoformat(one.kept) for one in self.all()]
            now = max([datetime.now(UTC), *(one + timedelta(microseconds=1) for one in moments)])
            kept = _readable(replace(view, id=name, kept=_written(now)))
            self._write(kept)
        return kept

    def change(self, view_id: str, *, name: str, note: str) -> SavedView:
        """Give a view another name and another note.

        Raises:
            GapvizError: as `find` and `SavedView`, or a folder that cannot be written.
        """
        with self._changing():
            changed = _readable(replace(self.find(view_id), name=name, note=note))
            self._write(changed)
        return changed

    def move(self, view_id: str, by: int) -> None:
        """Put a view so many places later, earlier where `by` is below 0; no further than the end.

        Raises:
            GapvizError: as `find`, or a folder that cannot be written.
        """
        with self._changing():
            self.find(view_id)
            order = [one.id for one in self.all()]
            place = order.index(view_id)
            order.insert(max(place + by, 0), order.pop(place))
            write_atomically(self.folder / ORDER_FILE, sealed_json({"order": order}), private=True)

    def remove(self, view_id: str) -> None:
        """Delete a view, a damaged one too.

        Raises:
            GapvizError: there is none of that id, or a file that cannot be deleted.
        """
        with self._changing():
            if not _ID.fullmatch(view_id) or not self._place(view_id).is_file():
                self.find(view_id)
            self._place(view_id).unlink()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time, of whatever process; a refusal of the disk becomes one sentence."""
        refuse_if_read_only("its saved views stay as they are")
        try:
            private_folder(self.folder)
            with alone(self.folder, patience=PATIENCE):
                yield
        except OSError as error:
            raise unwritable(self.folder, error, hint=MAKE_ROOM) from error

    def _ids(self) -> list[str]:
        try:
            names = [place.stem for place in self.folder.iterdir() if place.suffix == ".json"]
        except OSError:
            return []
        return sorted(name for name in names if _ID.fullmatch(name))

    def _place(self, view_id: str) -> Path:
        return self.folder / f"{view_id}.json"

    def _write(self, view: SavedView) -> None:
        told = {"format": FORMAT, **view.to_json()}
        write_atomically(self._place(view.id), sealed_json(told, indent=1), private=True)

    def _read(self, view_id: str) -> SavedView:
        told = _opened(self._place(view_id))
        return SavedView(
            id=view_id,
            page=told["page"],
            params=tuple((_text(name), _text(value)) for name, value in told["params"]),
            name=_text(told["name"]),
            note=_text(told["note"]),
            content_hash=_text(told["content_hash"]),
            kept=_written(datetime.fromisoformat(told["kept"])),
            items=tuple(map(_text, told["items"])),
            n_selected=int(told["n_selected"]),
        )

    def _damage(self, view_id: str) -> GapvizError | None:
        """What is wrong with the file of a view; None where it can be read."""
        try:
            self._read(view_id)
        except FileNotFoundError:
            return None  # removed meanwhile
        except _DAMAGE as error:
            why = getattr(error, "strerror", None) or str(error).rstrip(".")
            return GapvizError(
                f"this saved view is damaged ({why})",
                where=str(self._place(view_id)),
                hint=f"remove it: gapviz views remove {view_id}",
            )
        return None

    def _order(self) -> list[str]:
        with suppress(*_DAMAGE):
            return [_text(name) for name in _opened(self.folder / ORDER_FILE)["order"]]
        return []


def _readable(view: SavedView) -> SavedView:
    """Halves of characters, which no file holds, become `?`, and a name is one line."""

    def whole(words: str) -> str:
        return words.encode(errors="replace").decode()

    return replace(
        view,
        params=tuple((whole(name), whole(value)) for name, value in view.params),
        name=" ".join(whole(view.name).split()),
        note=whole(view.note).strip(),
        items=tuple(map(whole, view.items)),
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _new_id() -> str:
    return secrets.token_hex(4)


def _opened(place: Path) -> dict[str, Any]:
    if place.stat().st_size > MOST_BYTES:
        raise ValueError("is larger than any that gapviz writes")
    return opened_json(place.read_bytes())


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _refuse_long(words: str, longest: int, what: str) -> None:
    if len(words) > longest:
        raise GapvizError(
            f"{what} has {len(words):,} characters, and {longest:,} can be kept",
            hint="make it shorter",
        )
