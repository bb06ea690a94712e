"""The process that speaks: loads espeak-ng, reads what to say, writes sound. Run, never imported.

espeak-ng keeps its state in globals that no call resets: the same words sound a little different
after other words. A process that says a list in order and ends always gives the same bytes. It
needs nothing but the standard library, so that it starts at once.

In, as JSON: {"library", "folder", "say": [[text, voice, pitch 0..99, words per minute], ...]}.
Out: for each, the number of values as int32, then as many int16 values at 22,050 Hz.
"""

from __future__ import annotations

import ctypes
import json
import struct
import sys

SYNCHRONOUS = 2  # no thread, no sound card: sound comes to a callback while the call lasts
DO_NOT_EXIT = 0x8000
RATE, PITCH = 1, 3  # espeak_PARAMETER
UTF8 = 1
SEED = 1  # of the noise in breath and whispers

Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def main() -> None:
    """Say everything that is asked for."""
    asked = json.load(sys.stdin)
    library = ctypes.CDLL(asked["library"])
    heard: list[bytes] = []

    @Callback
    def hear(values, number, event):
        if values and number > 0:
            heard.append(ctypes.string_at(values, 2 * number))
        return 0

    folder = asked["folder"].encode()
    if library.espeak_Initialize(SYNCHRONOUS, 0, folder, DO_NOT_EXIT) <= 0:
        sys.exit(f"espeak_Initialize found no voices in {asked['folder']}")
    library.espeak_SetSynthCallback(hear)
    library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
    for text, voice, pitch, rate in asked["say"]:
        heard.clear()
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            sys.exit(f"espeak-ng has no voice {voice}")
        library.espeak_SetParameter(RATE, rate, 0)
        library.espeak_SetParameter(PITCH, pitch, 0)
        words = text.encode()
        if library.espeak_Synth(words, len(words) + 1, 0, 1, 0, UTF8, None, None) != 0:
            sys.exit(f"espeak_Synth could not say {text!r}")
        sound = b"".join(heard)
        sys.stdout.buffer.write(struct.pack("<i", len(sound) // 2) + sound)


if __name__ == "__main__":
    main()
