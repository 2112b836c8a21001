"""The long proofs: `python -m tests.prove [name …]`, by default all of them; exits with 1 if any failed.

A proof is a module of this folder with `prove() -> Iterable[str]`, which gives lines `name: figure`, and
raises when what it claims is not so.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

os.environ.setdefault("TQDM_DISABLE", "1")
log = logging.getLogger("vigil.prove")


def main(asked: list[str]) -> int:
    """Runs the proofs of these names; gives the exit code."""
    names = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    modules = {name: import_module(f"tests.prove.{name}") for name in names if name != "__main__"}
    proofs = {name: module.prove for name, module in modules.items() if hasattr(module, "prove")}
    if unknown := sorted(set(asked) - set(proofs)):
        print(f"no proof {', '.join(unknown)}; there are {', '.join(proofs)}")
        return 2
    failed = 0
    for name in asked or proofs:
        print(f"{name}: {(modules[name].__doc__ or '').partition(chr(10))[0]}", flush=True)
        started = time.monotonic()
        try:
            for line in proofs[name]():
                print(f"  {line}", flush=True)
        except Exception:
            # Whatever a proof raises, it failed, which the exit code says; the others are still to be run.
            failed += 1
            log.exception("%s: FAILED after %.0f s", name, time.monotonic() - started)
        else:
            print(f"  proved in {time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(asked or proofs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
