"""Ways of learning, by which the studies compare networks: a folder because they are many modules.

**The seed paper** is Büchel, Zendrikov, Solinas, Indiveri and Muir, "Supervised training of spiking
neural networks for robust deployment on mixed-signal neuromorphic processors", Scientific Reports
11, 23376 (2021), arXiv 2102.06408. "paper.md" and a number, such as "paper.md 1.3", are a section
of the project's own notes of it, which are not part of this repository. The notes were made from
the code and the data that the authors released: of the article itself no more than the abstract and
the beginning of the introduction could be read. So equations stand here as this package computes
them, with the names of their symbols, and none has a number of the article's.

Where the equations of a method are:

- `ads`: ads.py, all of them
- `force`: force.py
- `bptt`: the neurons and their surrogate gradient in bptt_kernels.py, what is minimised in
  bptt_training.py, how it answers in bptt_network.py
- `robust`: those of `bptt`; what its chips go through in robust.py, the attack in attack.py
- `reservoir`: reservoir.py
- `chip`: input in spike_encoding.py, network and readout in chip_network.py, what is minimised in
  chip_training.py; the neurons are the chip's, in models/neuron.py
- the teacher of `ads` and `force`: rate_dynamics.py, its training in teacher.py

Common to all: mismatch and coarse weights in perturbation.py, from an output to a decision in
models/decision.py, how near a student is to its teacher in imitation.py. What differs from the
authors: docs/learning.md.
"""
