"""The bench around the board: supplies, meters, thermometers and reset lines, over serial lines."""
