"""The process that talks to a board: the only one that loads samna.

Started by hw/samna_board.py as `python -m analoop.hw.samna_worker FD`. A hang or a crash of the
vendor's module ends this process and no other. Requests and answers are those of `CALLS`; while a
call lasts, it sends what was received so far, twice a second, be it nothing.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from types import ModuleType
from typing import Any

from ..models.errors import AnaloopError, HardwareError
from .configuration import from_content
from .events import Events
from .messages import Hangup, Message, receive, send
from .samna_faults import Faults
from .samna_installation import require_samna
from .samna_link import Patience
from .samna_opening import Opening, opening
from .samna_session import Session
from .samna_words import RunBooks
from .virtual_samna import virtual_samna

WATCH_S = 0.5
"""How often it is looked whether the process that started this one is still there [s]."""


class Worker:
    """What one board's process holds."""

    def __init__(self, link: socket.socket):
        self._link, self._left = link, ExitStack()
        self._samna: ModuleType | None = None
        self._opening: Opening | None = None
        self._session: Session | None = None

    def load(self, header: dict[str, Any]) -> dict[str, Any]:
        """Load samna, or put the virtual one in place, and say which boards there are."""
        if header["virtual"] is None:
            require_samna()
            self._samna = import_module("samna")
        else:
            virtual = header["virtual"]
            self._samna = self._left.enter_context(
                virtual_samna(
                    [virtual["board"]],
                    virtual["chips"],
                    virtual["realtime"],
                    Faults(**virtual["faults"]),
                )
            )
        self._opening = opening(self._samna)
        found = [offer.record() for offer in self._opening.offers()]
        return {"samna": str(getattr(self._samna, "__version__", "unknown")), "offers": found}

    def open(self, header: dict[str, Any]) -> dict[str, Any]:
        """Open a board and start it."""
        if self._samna is None or self._opening is None:
            raise HardwareError("samna is not loaded", code="NOT_OPEN")
        board = self._opening.open_by_serial(header["serial"])
        self._left.callback(self._opening.close, board)
        self._session = Session(self._samna, board, Patience(**header["patience"]))
        return {"chips": self._session.start(header["bit_file"])}

    def program(self, message: Message) -> dict[str, Any]:
        """Write registers."""
        configuration = from_content(message.header["configuration"], message.arrays)
        return asdict(self._opened().program(configuration))

    def run(self, message: Message) -> None:
        """Play one trial; the answer is sent here, with the events that came."""
        header, arrays = message
        events = Events(**arrays)
        before = self._opened().discharge() if header["discharge"] else RunBooks()
        came, books = self._opened().link.run(
            events, header["duration_us"], lambda part: self._tell({"part": True}, part)
        )
        self._tell({"done": asdict(before + books)}, came)

    def discharge(self) -> dict[str, Any]:
        """Empty every capacitor."""
        return asdict(self._opened().discharge())

    def close(self) -> None:
        """Discharge the board and let go of it."""
        with self._left:
            if self._session:
                self._session.discharge()

    def _tell(self, header: dict[str, Any], events: Events) -> None:
        send(self._link, header, events.arrays())

    def _opened(self) -> Session:
        if self._session is None:
            raise HardwareError("no board is open", code="NOT_OPEN")
        return self._session


def serve(link: socket.socket) -> None:
    """Answer requests until the other side closes, or is gone."""
    worker = Worker(link)
    calls: dict[str, Callable[[Message], dict[str, Any] | None]] = {
        "load": lambda message: worker.load(message.header),
        "open": lambda message: worker.open(message.header),
        "program": worker.program,
        "run": worker.run,
        "discharge": lambda message: worker.discharge(),
        "close": lambda message: worker.close(),
    }
    while True:
        message = receive(link)
        try:
            answer = calls[message.header["call"]](message)
            if answer is not None or message.header["call"] == "close":
                send(link, {"done": answer})
        except Hangup:
            raise
        except AnaloopError as error:
            send(link, {"error": str(error), "code": error.code, "exit": error.exit_code})
        except Exception as error:  # noqa: BLE001 - whatever the vendor's module raises
            traceback.print_exc()
            told = f"samna raised {type(error).__name__}: {error}"
            send(link, {"error": told, "code": "LINK_LOST", "exit": HardwareError.exit_code})
        if message.header["call"] == "close":
            return


def _leave_with(parent: int) -> None:
    """End this process when the one that started it is gone, whatever samna is doing."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os._exit(1)


def main() -> None:
    """Serve the socket whose number is the argument; die with the process that started this."""
    threading.Thread(target=_leave_with, args=[os.getppid()], daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other process's affair
    gc.set_threshold(1_000_000)  # millions of events come and go, none of them in cycles
    os.dup2(2, 1)  # the vendor's module may print; nobody reads our stdout
    try:
        serve(socket.socket(fileno=int(sys.argv[1])))
    except Hangup:
        sys.exit(1)


if __name__ == "__main__":
    main()
