"""Rockpool's own client, unmodified, on a virtual samna; test_rockpool_client.py runs it.

Prints one line of JSON. A program of its own: rockpool.devices.dynapse imports samna when it is
imported, and must only ever find the virtual one.
"""

# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportCallIssue=false, reportArgumentType=false
import json
import warnings

import numpy as np

from analoop.hw.virtual_samna import virtual_samna

warnings.filterwarnings("ignore")

with virtual_samna(["sim:nominal"], chips=4):
    from rockpool.devices.dynapse import (  # pyright: ignore
        DynapseSamna,
        DynapSim,
        autoencoder_quantization,
        config_from_specification,
        dynapsim_net_from_config,
        find_dynapse_boards,
        mapper,
    )
    from rockpool.nn.combinators import Sequential
    from rockpool.nn.modules import LinearJax  # pyright: ignore

    np.random.seed(1)
    net = Sequential(LinearJax((4, 8), has_bias=False), DynapSim((8, 8), has_rec=True, dt=1e-3))
    net[0].weight = np.random.uniform(0.2, 2.0, (4, 8))
    # A full matrix: Rockpool's way back numbers neurons anew where rows or columns are empty.
    net[1].w_rec = np.random.uniform(0.2, 2.0, (8, 8))
    spec = mapper(net.as_graph())
    spec.update(autoencoder_quantization(**spec))
    made = config_from_specification(**spec)
    chip = DynapseSamna(find_dynapse_boards()[0], **made)
    raster = (np.random.rand(300, 4) < 0.95).astype(float)
    spikes, _, record = chip.evolve(raster, record=True)
    back = dynapsim_net_from_config(**made)
    quantised = {
        kind: np.asarray(spec[f"sign_{short}"]) * np.asarray(spec[f"weights_{short}"])
        for kind, short in (("w_in", "in"), ("w_rec", "rec"))
    }
    found = {
        "columns": len(record["channel_map"]),
        "spikes": float(spikes.sum()),
        "w_in": np.asarray(back[0].weight).tolist(),
        "w_rec": np.asarray(back[1].w_rec).tolist(),
        "masks_in": quantised["w_in"].tolist(),
        "masks_rec": quantised["w_rec"].tolist(),
        "base": [float(np.ravel(spec[f"Iw_{k}"])[0]) / float(spec["Iscale"]) for k in range(4)],
        "inert": chip.model.inert,
    }
    chip.disconnect()
print(json.dumps(found))
