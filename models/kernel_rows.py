"""Which row of the kernels' arrays holds what."""

# Rows of the coefficients [row, neuron]; after them decay, mean and jump of each dendrite.
PER_CHARGE, LEAK, DC, FLOOR, THRESHOLD, REFRACTORY, PIECES, HALF_GATE = range(8)
FEEDBACK, LOG_GAIN, AHP_DECAY, AHP_MEAN, AHP_JUMP, AHP_FLOOR, DENDRITE = range(8, 15)

# Rows of the state [row, neuron]; after them the current of each dendrite.
Z, WAIT, AHP, AHEAD, CURRENT = range(5)

# Rows of the notes taken within a step [row, neuron].
STEADY, NMDA, SUM, Z_BEFORE, WAIT_BEFORE, DONE, AFTER, NORMAL, MIDDLE, X, FED, FREE, NOTES = range(
    13
)

# What a dendrite does, in the order of parameters.DENDRITES.
AMPA_KIND, NMDA_KIND, GABA_KIND, SHUNT_KIND = range(4)
