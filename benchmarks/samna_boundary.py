"""What the boundary to samna costs the host, over the virtual one.

    python benchmarks/samna_boundary.py

Empty `read_events` of a board without and with a neuron (500,000 calls); 1 million input events and
their echoes, made, stamped and written by the driver, apart from what the virtual FPGA takes to
read them; and how far the host's clock and the board's drift apart in real time over 10 s.
"""

from __future__ import annotations

import gc
import time

import numpy as np

from analoop.hw import Events
from analoop.hw.samna_link import VIRTUAL_PATIENCE
from analoop.hw.samna_session import Session
from analoop.hw.virtual_samna import virtual_samna

CALLS, EVENTS = 500_000, 1_000_000


def opened(samna):
    """The first board of a samna."""
    return samna.device.open_device(samna.device.get_all_devices()[0])


def empty_reads(neurons: int) -> float:
    """Time of one call [us]."""
    with virtual_samna() as samna:
        board = opened(samna)
        config = board.get_model().get_configuration()
        for k in range(neurons):
            word = config.chips[0].cores[0].neurons[k].destinations[0]
            word.core, word.x_hop, word.tag = [True] * 4, -7, k
        board.get_model().apply_configuration(config)
        began = time.perf_counter()
        for _ in range(CALLS):
            board.read_events()
        return (time.perf_counter() - began) / CALLS * 1e6


def written() -> dict[str, float]:
    """Time of the driver for a million input events and their echoes, and of the FPGA [s]."""
    random = np.random.default_rng(0)
    times = np.sort(random.integers(0, 10_000_000, EVENTS))
    zeros = np.zeros(EVENTS)
    tags, cores = random.integers(1024, 1124, EVENTS), np.full(EVENTS, 15)
    events = Events(times, tags, cores, zeros, zeros)
    with virtual_samna(chips=4) as samna:
        session = Session(samna, opened(samna), VIRTUAL_PATIENCE)
        session.start("any.bit")
        writer, spent = session.link._writer, {"made": 0.0, "write": 0.0, "_write": 0.0}

        def timed(name: str):
            plain = getattr(writer, name)

            def call(*arguments):
                began = time.perf_counter()
                answer = plain(*arguments)
                spent[name] += time.perf_counter() - began
                return answer

            setattr(writer, name, call)

        for name in spent:
            timed(name)
        _, books = session.link.run(events, 10_000_000, lambda part: None)
        if books.echoed != EVENTS:
            print(f"not all in time: {books}")
    return {
        "make": spent["made"],
        "stamp": spent["write"] - spent["_write"],
        "virtual FPGA": spent["_write"],
    }


def drift(seconds: float = 10.0) -> float:
    """Host's clock against the board's in real time [ms]."""
    with virtual_samna(realtime=True) as samna:
        session = Session(samna, opened(samna), VIRTUAL_PATIENCE)
        session.start("any.bit")
        began, first = time.perf_counter(), session.link.now_us()
        time.sleep(seconds)
        host = time.perf_counter() - began
        return abs((session.link.now_us() - first) * 1e-3 - host * 1e3)


if __name__ == "__main__":
    gc.set_threshold(1_000_000)  # as the driver's process does
    print(f"empty read_events, first board, loads compiled code: {empty_reads(1):.2f} us")
    for neurons in (0, 1):
        print(f"empty read_events, {neurons} neurons: {empty_reads(neurons):.2f} us")
    for _ in range(3):
        parts = written()
        told = " + ".join(f"{name} {seconds:.2f}" for name, seconds in parts.items())
        print(f"{EVENTS} input events: {told} = {sum(parts.values()):.2f} s")
    print(f"clocks in real time: {drift():.2f} ms apart after 10 s")
