"""Stand-ins for containers, made of this machine's namespaces: a root folder, a network, users, volumes.

Only root can make them. All share one network, in which every service's name leads to the loopback; each has
mounts of its own: the image's folders, and those volumes alone that docker-compose.yaml gives it.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from include.settings import ROOT
from tests.catalogue.containers import Container, image_environment, made_folders

USER = 10001
PROGRAMS = Path(sys.prefix).resolve()
# What a container would not see of this machine.
_OWN = ("tmp", "opt", "vigil", "proc", "lost+found")
_IFF_UP, _SIOCSIFFLAGS = 1, 0x8914


def are_allowed() -> bool:
    """Whether namespaces can be made here."""
    tried = shutil.which("unshare") and subprocess.run(["unshare", "--mount", "--net", "true"], check=False)
    return bool(tried) and tried.returncode == 0 and os.geteuid() == 0


def own_namespaces(module: str, *arguments: str) -> list[str]:
    """A command that runs a module in new namespaces; all that it starts ends with it."""
    new = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*new, sys.executable, "-m", module, *arguments]


def loopback_up() -> None:
    """Switch on the loopback of a new network namespace."""
    with socket.socket() as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def mount(*arguments: str | Path) -> None:
    """One mount."""
    subprocess.run(["mount", *map(str, arguments)], check=True)


@dataclass(frozen=True)
class Machine:
    """One root folder for all of them under `folder`, with the image's code, and the volumes."""

    folder: Path

    @property
    def root(self) -> Path:
        """What is / inside."""
        return self.folder / "root"

    def lay_out(self, copied: Iterable[str], names: Iterable[str]) -> None:
        """The root: this machine's programs, the image's own folders; every name leads to the loopback."""
        self.root.mkdir()
        mount("-t", "tmpfs", "none", self.root)
        for entry in Path("/").iterdir():
            if entry.is_symlink():
                (self.root / entry.name).symlink_to(entry.readlink())
            elif entry.is_dir() and entry.name not in _OWN:
                (self.root / entry.name).mkdir()
                mount("--rbind", entry, self.root / entry.name)
        for name in ("tmp", "vigil", "proc", "opt/vigil"):
            (self.root / name).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        mount("--rbind", "/proc", self.root / "proc")
        for name in copied:
            inside = self.root / "opt" / "vigil" / name
            if (ROOT / name).is_dir():
                inside.mkdir()
            else:
                inside.touch()
            mount("--bind", ROOT / name, inside)
        programs = self.root / PROGRAMS.relative_to("/")
        if not programs.exists():
            programs.mkdir(parents=True)
            mount("--bind", PROGRAMS, programs)
        users = Path("/etc/passwd").read_text() + f"vigil:x:{USER}:{USER}::/vigil:/bin/sh\n"
        known = ["localhost", socket.gethostname(), *names]
        for name, text in {"hosts": f"127.0.0.1 {' '.join(known)}\n", "passwd": users}.items():
            (self.folder / name).write_text(text)
            mount("--bind", self.folder / name, self.root / "etc" / name)
        # The image has no Java of the distribution's.
        if java := shutil.which("java"):
            mount("--bind", "/dev/null", f"{self.root}{os.path.realpath(java)}")

    def volume(self, name: str) -> Path:
        """A named volume; a new one belongs to the image's user."""
        place = self.folder / "volumes" / name
        if not place.exists():
            place.mkdir(parents=True)
            os.chown(place, USER, USER)
        return place

    def inside(self, one: Container, command: Sequence[str], handed_on: dict[str, str]) -> list[str]:
        """The command as it runs in the service's container; `handed_on`: what .env holds."""
        places = {**{place: place for place in sorted(made_folders())}, "/vigil": "/vigil"}
        lines = [f"mount -t tmpfs -o mode=0755,uid={USER},gid={USER} none {self.root}/vigil"]
        for place in sorted(places.keys() | set(one.mounts.values())):
            lines += [f"mkdir -p {self.root}{place}", f"chown {USER}:{USER} {self.root}{place}"]
        for spec in one.spec.get("volumes", []):
            name, place, *mode = spec.split(":")
            lines.append(f"mount --bind {self.volume(name)} {self.root}{place}")
            if mode == ["ro"]:
                lines.append(f"mount -o remount,bind,ro {self.root}{place}")
        given = {name: handed_on[name] for name in one.handed_on & handed_on.keys()}
        path = {"PATH": f"{PROGRAMS}/bin:/usr/bin:/bin"}
        environment = {**image_environment(), **path, "HOME": "/vigil", **one.environment, **given}
        # It reads the programs of this machine, wherever they lie, and writes what is its own.
        rights = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
        drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *rights]
        env = ["env", "-i", "--chdir=/opt/vigil", *(f"{name}={value}" for name, value in environment.items())]
        # Of the caller's PATH nothing need be in there.
        there = ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "chroot", str(self.root)]
        lines.append(shlex.join(["exec", *there, *drop, *env, *command]))
        return ["unshare", "--mount", "sh", "-e", "-c", "\n".join(lines)]
