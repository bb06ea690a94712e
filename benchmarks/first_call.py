"""How long a fresh process takes to its first simulated result: python first_call.py

Two processes, one after the other, share an empty folder for compiled code: the first compiles,
the second finds everything on disk. Prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time


def child() -> None:
    """Import, simulate the net of W1 for a second, and say when."""
    start = time.perf_counter()
    from ours import first_result

    imported = time.perf_counter()
    rate = first_result()
    done = time.perf_counter()
    print(json.dumps({"import_s": imported - start, "first_s": done - imported, "rate_hz": rate}))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"NUMBA_CACHE_DIR": folder}
        command = [sys.executable, __file__, "child"]
        runs = [
            json.loads(subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout)
            for _ in range(2)
        ]
    line = {
        "name": "ours first_call",
        "compiling_s": runs[0]["first_s"],
        "second_s": runs[1]["first_s"],
        "import_s": runs[1]["import_s"],
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    child() if len(sys.argv) > 1 else main()
