"""Train two small networks in Rockpool, feed-forward and recurrent; their values become JSON.

    cd tests/models && python -m conversion.data.make_rockpool [recurrent]

Written by Rockpool's own `save`; tests load them into the same modules (`rockpool_networks.py`).
"""
# pyright: reportGeneralTypeIssues=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportMissingImports=false

import sys
from pathlib import Path

import torch

from ..pattern_task import pattern_task
from ..rockpool_networks import rockpool_network


def main(recurrent: bool) -> None:
    """Train on 120 trials; accuracy on 80 others."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net = rockpool_network(recurrent)
    with torch.no_grad():
        net[0].weight *= 0.4
        net[2].weight *= 0.4
        if recurrent:
            net[1].w_rec *= 0.2
    events, label = pattern_task(120, 1)
    x, y = torch.tensor(events, dtype=torch.float32), torch.tensor(label)
    optimizer = torch.optim.Adam(net.parameters().astorch(), lr=5e-3)
    for number in range(14):
        for part in range(4):
            net.reset_state()
            hidden, _, _ = net[1](net[0](x[part::4])[0])
            out, _, _ = net[3](net[2](hidden)[0])
            busy = torch.relu(hidden.mean((0, 1)) * 1000 - 60).square().mean()
            busy = busy + torch.relu(out.mean((0, 1)) * 1000 - 30).square().mean()
            loss = torch.nn.functional.cross_entropy(out.sum(1) * 0.4, y[part::4]) + 1e-5 * busy
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters().astorch(), 1.0)
            optimizer.step()
            print(number, loss.item(), hidden.mean().item() * 1e3, flush=True)
    events, label = pattern_task(80, 2)
    net.reset_state()
    out, _, _ = net(torch.tensor(events, dtype=torch.float32))
    print("right", (out.sum(1).argmax(1).numpy() == label).mean())
    net.reset_state()
    name = "recurrent" if recurrent else "feed_forward"
    net.save(Path(__file__).parent / f"rockpool_{name}.json")


if __name__ == "__main__":
    main("recurrent" in sys.argv)
