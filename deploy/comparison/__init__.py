"""Chips against chips: `compare` and what it is made of."""
