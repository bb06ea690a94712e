"""What `run.py` runs and what it compares: the bars, word for word in docs/benchmarks.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One command, in a process of its own."""

    name: str
    """Name, as in its line of JSON."""
    who: str
    """Whose interpreter: 'ours', 'rockpool' or 'brian'."""
    command: str
    """Script and arguments."""
    rounds: int = 99
    """Rounds it takes part in, at most."""
    slow: bool = False
    """Only with --slow: tens of seconds or gigabytes."""
    cores: int = 1
    """Cores it is pinned to."""


@dataclass(frozen=True)
class Bar:
    """One ratio and what it has to reach; above is better unless `at_most`."""

    text: str
    """What is compared."""
    above: str
    """Case in the numerator."""
    below: str
    """Case in the denominator."""
    bar: float
    """What has to be reached."""
    stretch: float | None = None
    """What would be better."""
    quantity: str = "ns"
    """Key of the two lines of JSON: CPU ns per neuron-millisecond, unless told otherwise."""
    at_most: bool = False
    """Whether the bar is an upper bound."""


@dataclass(frozen=True)
class Value:
    """One absolute number and what it has to reach."""

    text: str
    """What is measured."""
    case: str
    """Case it is read from."""
    quantity: str
    """Key of its line of JSON."""
    bar: float
    """What has to be reached."""
    at_most: bool = True
    """Whether the bar is an upper bound."""


CASES = (
    Case("limits", "ours", "limits.py"),
    Case("ours w1_euler", "ours", "ours.py w1_euler 3"),
    Case("ours w1", "ours", "ours.py w1 3"),
    Case("gpu w1", "ours", "gpu.py w1 3", rounds=1),
    Case("gpu w2", "ours", "gpu.py w2 3", rounds=1),
    Case("gpu w3", "ours", "gpu.py w3 1", rounds=1),
    Case("ours w1 two cores", "ours", "ours.py w1 3", cores=2),
    Case("ours w1_one", "ours", "ours.py w1_one 3"),
    Case("ours w1_four", "ours", "ours.py w1_four 3"),
    Case("ours w1_exponential", "ours", "ours.py w1_exponential 3"),
    Case("ours w1_double", "ours", "ours.py w1_double 3"),
    Case("rockpool w1", "rockpool", "peer_rockpool.py w1 3"),
    Case("rockpool w1_fine_50", "rockpool", "peer_rockpool.py w1_fine_50 1"),
    Case("rockpool w1_fine_30", "rockpool", "peer_rockpool.py w1_fine_30 1", rounds=3),
    Case("ours w2", "ours", "ours.py w2 5"),
    Case("brian w2", "brian", "peer_brian.py w2 5"),
    Case("rockpool w2", "rockpool", "peer_rockpool.py w2 0", rounds=1, slow=True),
    Case("ours w3_1", "ours", "ours.py w3_1 3"),
    Case("rockpool w3_1", "rockpool", "peer_rockpool.py w3_1 3"),
    Case("ours w3_16", "ours", "ours.py w3_16 1"),
    Case("rockpool w3_16", "rockpool", "peer_rockpool.py w3_16 1", rounds=3, slow=True),
    Case("ours first_call", "ours", "first_call.py"),
    Case("ours growth", "ours", "growth.py", rounds=1),
    Case("ours accuracy", "ours", "ours.py accuracy", rounds=1),
    Case("rockpool accuracy", "rockpool", "peer_rockpool.py accuracy", rounds=1),
)

BARS = (
    Bar("W1 Euler 1 ms, one synapse: DynapSim / ours", "rockpool w1", "ours w1_euler", 3, 5),
    Bar("W1 equal accuracy: DynapSim 0.02 ms / ours", "rockpool w1_fine_50", "ours w1", 25, 50),
    Bar("  DynapSim 0.033 ms / ours", "rockpool w1_fine_30", "ours w1", 25, 50),
    Bar(
        "  DynapSim 0.02 ms / ours, exponential soma",
        "rockpool w1_fine_50",
        "ours w1_exponential",
        25,
        50,
    ),
    Bar("W1 four dendrites / one", "ours w1_four", "ours w1_one", 1.15, at_most=True),
    Bar("W2 Brian2 C++ standalone / ours", "brian w2", "ours w2", 3, 6),
    Bar("W2 dense DynapSim / ours", "rockpool w2", "ours w2", 1000),
    Bar("W3 1 chip: DynapSim / ours", "rockpool w3_1", "ours w3_1", 10),
    Bar("W3 16 chips: DynapSim / ours", "rockpool w3_16", "ours w3_16", 20),
    Bar("W1 one core / two cores, wall", "ours w1", "ours w1 two cores", 1.7, quantity="wall_s"),
)

VALUES = (
    Value("W1 peak memory [MB]", "ours w1", "peak_mb", 400),
    Value("W2 times real time", "ours w2", "real_time", 20, at_most=False),
    Value("W3 1 chip, bytes per neuron-step", "ours w3_1", "bytes", 30),
    Value("W3 16 chips, bytes per neuron-step", "ours w3_16", "bytes", 30),
    Value("first result after import, second process [s]", "ours first_call", "second_s", 1.5),
)
