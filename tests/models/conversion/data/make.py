"""Train a small network in each of several libraries, let it write a NIR file, record its spikes.

    python -m venv E && . E/bin/activate
    pip install torch nir==1.0.8 nirtorch==2.6 snntorch==1.0.0 norse==1.1.0 sinabs==2.0.3
    cd tests/models && python -m conversion.data.make

Writes NAME.nir, and NAME.npz with the events of 40 trials, the library's own spikes of every layer,
and versions. The networks of Rockpool come from make_rockpool.py.
"""
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportPrivateImportUsage=false, reportArgumentType=false

import sys
from importlib.metadata import version
from pathlib import Path

import nir
import norse.torch as norse
import numpy as np
import sinabs.layers as sl
import snntorch as snn
import torch
from norse.torch.utils.export_nir import to_nir as norse_to_nir
from sinabs.nir import to_nir as sinabs_to_nir
from snntorch.export_nir import export_to_nir
from torch import nn

from ..pattern_task import CHANNELS, CLASSES, pattern_task

HIDDEN, HERE = 24, Path(__file__).parent


class Snntorch(nn.Module):
    """Recurrent hidden layer and an output layer, both with synaptic currents, and biases."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(CHANNELS, HIDDEN)
        self.lif1 = snn.RSynaptic(
            alpha=torch.tensor(0.9), beta=torch.tensor(0.95), linear_features=HIDDEN,
            init_hidden=True,
        )  # fmt: skip
        self.fc2 = nn.Linear(HIDDEN, CLASSES)
        self.lif2 = snn.Synaptic(
            alpha=torch.full((CLASSES,), 0.9), beta=torch.full((CLASSES,), 0.95),
            threshold=torch.ones(CLASSES), init_hidden=True,
        )  # fmt: skip
        with torch.no_grad():
            for layer, scale in ((self.fc1, 0.2), (self.lif1.recurrent, 0.03), (self.fc2, 0.2)):
                layer.weight *= scale
                layer.bias *= 0.01

    def forward(self, x):
        """Spikes of both layers, [trial, step, neuron]."""
        self.lif1.reset_mem()
        self.lif2.reset_mem()
        hidden, out = [], []
        for step in x.unbind(1):
            hidden.append(self.lif1(self.fc1(step)))
            out.append(self.lif2(self.fc2(hidden[-1])))
        return torch.stack(hidden, 1), torch.stack(out, 1)


class Norse(nn.Module):
    """Two feed-forward layers with synaptic currents; a spike sets the membrane to 0.

    Not trained: neurons are excited by those of their own class, inhibited by others.
    """

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(CHANNELS, HIDDEN, bias=False)
        self.fc2 = nn.Linear(HIDDEN, CLASSES, bias=False)
        self.lif1, self.lif2 = (
            norse.LIFCell(
                norse.LIFParameters(
                    tau_syn_inv=torch.full((n,), 1 / 8e-3), tau_mem_inv=torch.full((n,), 1 / 25e-3),
                    v_th=torch.full((n,), 0.5), v_leak=torch.zeros(n), v_reset=torch.zeros(n),
                    alpha=torch.tensor(100.0),
                )
            )
            for n in (HIDDEN, CLASSES)
        )  # fmt: skip
        with torch.no_grad():
            self.fc1.weight.copy_(_alike(HIDDEN, CHANNELS, 0.7, 0.25) + 0.3 * self.fc1.weight)
            self.fc2.weight.copy_(_alike(CLASSES, HIDDEN, 0.9, 0.5) + 0.3 * self.fc2.weight)

    def forward(self, x):
        """Spikes of both layers, [trial, step, neuron]."""
        one = two = None
        hidden, out = [], []
        for step in x.unbind(1):
            h, one = self.lif1(self.fc1(step), one)
            o, two = self.lif2(self.fc2(h), two)
            hidden.append(h)
            out.append(o)
        return torch.stack(hidden, 1), torch.stack(out, 1)


class Sinabs(nn.Module):
    """Two feed-forward layers without synaptic currents, with biases."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(CHANNELS, HIDDEN), nn.Linear(HIDDEN, CLASSES)
        self.lif1, self.lif2 = (
            sl.LIF(tau_mem=torch.full((n,), 20.0), spike_threshold=torch.ones(n))
            for n in (HIDDEN, CLASSES)
        )
        with torch.no_grad():
            self.fc1.weight *= 40.0
            self.fc2.weight *= 40.0
            self.fc1.bias *= 2.0
            self.fc2.bias *= 2.0

    def forward(self, x):
        """Spikes of both layers, [trial, step, neuron]."""
        hidden = self.lif1(self.fc1(x))
        return hidden, self.lif2(self.fc2(hidden))


def _alike(neurons: int, sources: int, excites: float, inhibits: float) -> torch.Tensor:
    same = (torch.arange(neurons)[:, None] - torch.arange(sources)) % CLASSES == 0
    return torch.where(same, excites, -inhibits)


def reset(net: nn.Module) -> None:
    """Forget the states that sinabs keeps in its layers."""
    for module in net.modules():
        if isinstance(module, sl.LIF):
            module.reset_states()  # pyright: ignore[reportCallIssue]


def train(net: nn.Module, passes: int, rate: float) -> float:
    """Train on 160 trials; accuracy on 80 others."""
    events, label = pattern_task(160, 1)
    x, y = torch.tensor(events, dtype=torch.float32), torch.tensor(label)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    for number in range(passes):
        for part in range(4):
            reset(net)
            hidden, out = net(x[part::4])
            busy = torch.relu(hidden.mean((0, 1)) * 1000 - 60).square().mean()
            busy = busy + torch.relu(out.mean((0, 1)) * 1000 - 30).square().mean()
            score = out.sum(1)
            loss = nn.functional.cross_entropy(score * 0.4, y[part::4]) + 1e-5 * busy
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            print(
                number, round(loss.item(), 3), hidden.mean().item() * 1e3, out.mean().item() * 1e3
            )
    events, label = pattern_task(80, 2)
    with torch.no_grad():
        reset(net)
        _, out = net(torch.tensor(events, dtype=torch.float32))
    return float((out.sum(1).argmax(1).numpy() == label).mean())


def record(name: str, net: nn.Module, graph: nir.NIRGraph, packages: list[str]) -> None:
    """Write the NIR file and what the library itself answers to 40 trials."""
    nir.write(HERE / f"{name}.nir", graph)
    events, _ = pattern_task(40, 3)
    with torch.no_grad():
        reset(net)
        hidden, out = net(torch.tensor(events, dtype=torch.float32))
    arrays = {
        "events": events,
        "hidden": hidden.numpy().astype(np.uint8),
        "output": out.numpy().astype(np.uint8),
    }
    made_by = [f"{p} {version(p)}" for p in packages]
    np.savez_compressed(HERE / f"{name}.npz", made_by=np.array(made_by), **arrays)


def main(names: list[str]) -> None:
    """Make what is named."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sample = torch.zeros(1, CHANNELS)
    if "snntorch" in names:
        net = Snntorch()
        print("snntorch", train(net, 10, 1e-3))
        net.lif1.reset_mem()
        net.lif2.reset_mem()
        chain = nn.Sequential(net.fc1, net.lif1, net.fc2, net.lif2)
        record(
            "snntorch",
            net,
            export_to_nir(chain, sample, ignore_dims=[0]),
            ["snntorch", "nirtorch", "nir"],
        )
    if "norse" in names:
        net = Norse()
        print("norse", train(net, 1, 0.0))
        chain = norse.SequentialState(net.fc1, net.lif1, net.fc2, net.lif2)
        record("norse", net, norse_to_nir(chain, sample), ["norse", "nirtorch", "nir"])
    if "sinabs" in names:
        net = Sinabs()
        print("sinabs", train(net, 10, 5e-2))
        reset(net)
        graph = sinabs_to_nir(net, torch.zeros(1, 3, CHANNELS))
        record("sinabs", net, graph, ["sinabs", "nirtorch", "nir"])


if __name__ == "__main__":
    main(sys.argv[1:] or ["snntorch", "norse", "sinabs"])
