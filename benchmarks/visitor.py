"""A visitor of the dashboard without a browser, by the messages of Streamlit's own page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

LOOK_AGAIN_SECONDS = 0.25
PATIENCE = 120.0
STILL_WAITING = ("progress", ":material/hourglass_top:")
"""A bar, or the mark of a page that goes on while something is measured."""
SHOWN = (
    "markdown", "heading", "alert", "metric", "html", "code", "plotly_chart", "bidi_component",
    "exception",
)  # fmt: skip
"""Elements whose words tell one visitor's page from another's."""
HIDDEN = ("id", "figure_id", "form_id", "config", "url")
LINKS = "<nav"
"""Links to other pages keep what the URL says, which a browser alone writes."""


class Visitor:
    """One session on a page; close it at the end.

    Args:
        address: of the server, `http://127.0.0.1:8501`.
        page: the address of the page; empty for the first one.
        link: parameters of the URL.
    """

    def __init__(self, address: str, page: str = "", **link: str) -> None:
        self._page, self._query = page, urlencode(link)
        self._elements: dict[tuple[int, ...], Any] = {}
        self._widgets: dict[str, WidgetState] = {}
        place = address.removeprefix("http://")
        self._socket = connect(
            f"ws://{place}/_stcore/stream",
            origin=Origin(address),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            open_timeout=PATIENCE,
            compression=None,
            legacy=True,
        )

    def look(self, patience: float = PATIENCE) -> list[str]:
        """Run the page until nothing on it is waited for; every text on it, in order.

        Raises:
            TimeoutError: it was not done in time.
        """
        deadline = time.monotonic() + patience
        while True:
            self.run(deadline - time.monotonic())
            words = list(self._words())
            kinds = [one.WhichOneof("type") for one in self._elements.values()]
            if STILL_WAITING[0] not in kinds and not any(STILL_WAITING[1] in one for one in words):
                return words
            time.sleep(LOOK_AGAIN_SECONDS)

    def slide(self, key: str, value: float) -> None:
        """Move the slider with a key; the next `look` shows what it did.

        Raises:
            LookupError: there is no such slider.
        """
        for element in self._elements.values():
            if element.WhichOneof("type") == "slider" and element.slider.id.endswith(f"-{key}"):
                state = WidgetState(id=element.slider.id)
                state.double_array_value.data[:] = [value]
                self._widgets[state.id] = state
                return
        raise LookupError(f"no slider {key}")

    @property
    def faults(self) -> list[str]:
        """What the last run failed with, as the page shows it."""
        kinds = ((one, one.WhichOneof("type")) for one in self._elements.values())
        return [one.exception.type for one, kind in kinds if kind == "exception"]

    def run(self, patience: float = PATIENCE) -> None:
        """Run the page once, to its end.

        Raises:
            TimeoutError: it did not end in time.
        """
        deadline = time.monotonic() + patience
        asked = BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_name = self._page
        asked.rerun_script.widget_states.widgets.extend(self._widgets.values())
        self._socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            content = self._socket.recv(timeout=max(0.0, deadline - time.monotonic()))
            message.ParseFromString(content)  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._elements.clear()
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                place = tuple(message.metadata.delta_path)
                self._elements[place] = message.delta.new_element
            elif kind == "delta":
                self._elements.pop(tuple(message.metadata.delta_path), None)
            elif kind == "script_finished" and message.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            ):
                return

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _words(self) -> Iterator[str]:
        for _, element in sorted(self._elements.items()):
            kind = element.WhichOneof("type")
            if kind in SHOWN:
                texts = _texts(getattr(element, kind))
                yield from (one for one in texts if not one.startswith(LINKS))


def _texts(message: Any) -> Iterator[str]:
    for field, value in message.ListFields():
        if field.name in HIDDEN:
            continue
        for one in [value] if isinstance(value, str) or not field.is_repeated else value:
            if isinstance(one, str):
                yield one
            elif hasattr(one, "ListFields"):
                yield from _texts(one)
