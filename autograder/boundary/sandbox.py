"""A worker's own drop of everything it does not need, before any of a submission's code runs. Learner's side.

The smallest set that holds is one process with threads only: then every limit of the process is a limit of the
submission. Each layer fills holes of another, so `full` means all of them.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import site
import stat
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

from autograder.boundary import policy
from autograder.packages import Packages

if sys.platform != "win32":
    import resource

_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_CLONE_NEWNS, _CLONE_NEWUSER = 0x20000, 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 0x4000, 0x40000
# The numbers of Landlock's three system calls are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVES = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4 | 1 << 5
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15
_ON_DEVICES = 1 << 6 | 1 << 9 | 1 << 11 | 1 << 15
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share", "/usr/local/lib", "/usr/local/share"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/fonts", "/etc/mime.types"),
    # Files, not their folders: beside certificates lie private keys, which one that keeps root's name could read.
    *("/etc/ssl/openssl.cnf", "/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem"),
    *("/dev/zero", "/dev/random", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo"),
    *("/sys/devices/system/cpu", "/sys/devices/system/node"),
)
_LACKS = {
    "landlock": "Linux 5.13 or later with Landlock, which this kernel, or the container that this runs in, does not "
    "offer (WSL2 and Docker Desktop do)",
    "seccomp": "the library libseccomp (Debian, Ubuntu: `apt install libseccomp2`; Fedora: `dnf install libseccomp`)",
}


class SandboxError(Exception):
    """A layer cannot be had here; the message says which and how to get it."""


def available() -> dict[str, str]:
    """What this platform cannot give: the layer, and how to get it. Empty where all is there."""
    missing = {}
    if sys.platform != "linux":
        return dict.fromkeys(("privileges", "landlock", "seccomp"), "Linux, for instance in a container or WSL2")
    if not landlock_abi():
        missing["landlock"] = _LACKS["landlock"]
    if _seccomp_library() is None:
        missing["seccomp"] = _LACKS["seccomp"]
    return missing


def lock_in(scratch: str, limits: dict[str, int], level: str, packages: Packages) -> list[str]:
    """Give up all that a submission has no need of, for good; the layers that are active, in order."""
    layers = ["process"]
    if level == "none":
        return layers
    missing = available()
    if level == "full" and missing:
        raise SandboxError(refusal(missing))
    _scrub_environment(scratch, packages)
    _limit(limits)
    layers += ["environment", "limits"]
    if level == "process" or sys.platform != "linux":
        return layers
    disk = _private_disk(scratch, limits)
    layers.append(_drop_privileges(scratch, limits))
    if "landlock" not in missing:
        layers.append(_landlock(scratch, packages))
    if "seccomp" not in missing:
        _seccomp()
        layers.append("seccomp")
    return layers + disk


def refusal(missing: dict[str, str]) -> str:
    """Why full isolation cannot be had."""
    return "Full isolation cannot be had here.\n" + "\n".join(
        f"  {layer}: needs {need}" for layer, need in missing.items()
    )


def close_descriptors(keep: int) -> None:
    """Close everything that was inherited except the standard streams and ``keep``."""
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else 2**20)


def _scrub_environment(scratch: str, packages: Packages) -> None:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, HOME=scratch, TMPDIR=scratch, IPYTHONDIR=scratch, MPLCONFIGDIR=scratch)
    # Without processes of its own it works, and need not warn that it would rather have some.
    os.environ["JOBLIB_MULTIPROCESSING"] = "0"
    tempfile.tempdir = None
    own = {str(Path(__file__).parents[2]), packages.root}
    sys.path[:] = [entry for entry in sys.path if entry and (entry not in own or entry in _library_folders())]


def _limit(limits: dict[str, int]) -> None:
    if sys.platform == "win32":
        return
    page_count = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": limits["cpu_seconds"],
        "RLIMIT_FSIZE": limits["file_bytes"],
        "RLIMIT_NOFILE": limits["open_files"],
    }
    if page_count:
        # Relative to what is mapped after the fork, which on a machine of many cores may be a lot.
        wanted["RLIMIT_AS"] = page_count * os.sysconf("SC_PAGE_SIZE") + limits["memory_bytes"]
    for name, value in wanted.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # The signal at the soft limit of processor time can be told from other endings; the one at the hard cannot.
        above = most + 5 if name == "RLIMIT_CPU" and hard == resource.RLIM_INFINITY else most
        resource.setrlimit(kind, (most, above))


def _private_disk(scratch: str, limits: dict[str, int]) -> list[str]:
    """Put a disk of its own, in memory and of a fixed size, in the place of the scratch folder, where that may be had.

    It counts whatever takes room: many files, reserved blocks, what has no name any more. Others do not see it, and it
    goes with the worker.
    """
    libc, ids = ctypes.CDLL(None, use_errno=True), (os.geteuid(), os.getegid())
    inside = os.open(scratch, os.O_PATH | os.O_DIRECTORY)
    try:
        # What root may do, others may where the system lets them be root of a space of their own.
        if libc.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if ids[0] else 0)):
            return []
        if ids[0]:
            for name, text in (("setgroups", "deny"), ("uid_map", "{0} {0} 1"), ("gid_map", "{1} {1} 1")):
                _write(f"/proc/self/{name}", text.format(*ids))
        size = limits["disk_bytes"]
        options = f"size={size},nr_inodes={limits['files']},mode=700".encode()
        private = libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None) == 0
        if not private or libc.mount(b"scratch", scratch.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, options):
            return []
        shutil.copytree(f"/proc/self/fd/{inside}", scratch, dirs_exist_ok=True)
        os.chdir(scratch)
        return [f"disk of {size >> 20} MiB"]
    except OSError:
        return []
    finally:
        os.close(inside)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _drop_privileges(scratch: str, limits: dict[str, int]) -> str:
    """Become nobody in particular, or keep root's name without its powers; the layer's name says which."""
    libc = ctypes.CDLL(None, use_errno=True)
    name = "ordinary user"
    if os.geteuid() == 0:
        # Each worker has a user id of its own, so that no worker may signal another.
        uid = 20_000 + os.getpid() % 40_000
        try:
            needed: list[str | Path] = [sys.base_prefix, sys.prefix, os.__file__, __file__, Path(scratch).parent]
            if not all(map(_open_to_all, needed)):
                raise PermissionError
            os.chown(scratch, uid, uid)
            _empty_bounding_set(libc)
            resource.setrlimit(resource.RLIMIT_NPROC, (limits["threads"], limits["threads"]))
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            name = f"user {uid}"
        except OSError:
            name = "root without capabilities"
    _empty_bounding_set(libc)
    libc.prctl(_PR_CAP_AMBIENT, 4, 0, 0, 0)
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise SandboxError("the kernel did not take the worker's privileges away")
    # A change of user clears it.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return name


def _empty_bounding_set(libc: ctypes.CDLL) -> None:
    capability = 0
    while libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1


def _open_to_all(path: str | Path) -> bool:
    """Whether every user may pass through all folders on the way."""
    path = Path(path).resolve()
    folders = [*path.parents, path] if path.is_dir() else path.parents
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


@cache
def landlock_abi() -> int:
    """The version of Landlock that the kernel offers; 0 for none. Files in /sys say nothing reliable about it."""
    offered = max(0, ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    pretended = os.environ.get("AUTOGRADER_LANDLOCK_ABI")
    return min(offered, int(pretended)) if pretended else offered


@cache
def readable(packages: Packages) -> list[str]:
    """What a worker may read: system libraries and Python's, and of the course's packages what runs beside it."""
    found = [Path(path) for path in [*_SYSTEM, *_library_folders()]]
    for withheld in (Path(__file__).parents[1], *packages.folders(packages.checks)):
        found = [part for path in found for part in _without(path, withheld)]
    return list(dict.fromkeys(map(str, [*found, *packages.folders(packages.beside)])))


@cache
def _library_folders() -> list[str]:
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    paths += [os.path.join(prefix, part) for prefix in (sys.prefix, sys.base_prefix) for part in ("lib", "share")]
    return paths


def _without(path: Path, withheld: Path) -> list[Path]:
    """The path, or its entries one by one where ``withheld`` is somewhere under it."""
    path, withheld = path.resolve(), withheld.resolve()
    if path == withheld or not path.exists():
        return []
    if path not in withheld.parents:
        return [path]
    return [part for entry in path.iterdir() for part in _without(entry, withheld)]


def _landlock(scratch: str, packages: Packages) -> str:
    files = _rights()
    rules = [(path, _READ_FILE | _READ_DIR) for path in readable(packages)]
    # Listing a folder of libraries is how Python finds a module that is imported late.
    rules += [(folder, _READ_DIR) for folder in _library_folders()]
    rules += [("/dev/null", _READ_FILE | _WRITE_FILE), (scratch, files & ~_EXECUTE & ~_ON_DEVICES)]
    _restrict((files, 3, 3), rules)
    return f"landlock {_abi()}"


def keep_changes_in(folder: str) -> None:
    """From now on this process, and all that it starts, change files in ``folder`` alone, where Landlock can be had.

    In the system's folders for temporary files new ones may be made and written, and nothing is removed. Everything may
    be read and run.
    """
    if sys.platform != "linux" or not landlock_abi():
        return
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    changes = _rights() & ~(_EXECUTE | _READ_FILE | _READ_DIR)
    rules = [(folder, changes), ("/dev/shm", changes), *((path, changes & ~_REMOVES) for path in ("/tmp", "/var/tmp"))]
    rules += [(f"/dev/{name}", _WRITE_FILE) for name in ("null", "zero", "full", "tty", "ptmx", "pts")]
    _restrict((changes, 0, 2), rules)


def _abi() -> int:
    return min(landlock_abi(), 7)


def _rights() -> int:
    """All that may be done with files, as far as this kernel tells it apart."""
    return (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(_abi(), 16)) - 1


def _restrict(handled: tuple[int, int, int], rules: list[tuple[str, int]]) -> None:
    """Allow of what is handled (of files, of the network, of processes beside this one) only what the rules say."""
    attributes, size = (ctypes.c_uint64 * 3)(*handled), 8 if _abi() < 4 else 16 if _abi() < 6 else 24
    libc = ctypes.CDLL(None, use_errno=True)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise SandboxError(f"Landlock did not start: {os.strerror(ctypes.get_errno())}")
    try:
        for path, rights in rules:
            _allow(libc, ruleset, path, rights)
        if libc.syscall(_RESTRICT_SELF, ruleset, 0):
            raise SandboxError(f"Landlock refused: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(ruleset)


def prepare(packages: Packages) -> None:
    """Do once, before the forks, what every worker would have to do."""
    if sys.platform == "linux":
        readable(packages)
        _library_folders()
        if _seccomp_library() is not None:
            policy.prepare()


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _ON_FILES
        rule = rights.to_bytes(8, sys.byteorder) + descriptor.to_bytes(4, sys.byteorder)
        if rights and libc.syscall(_ADD_RULE, ruleset, 1, rule, 0):
            raise SandboxError(f"Landlock took no rule for {path}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)


def _seccomp_library() -> ctypes.CDLL | None:
    try:
        return policy.libseccomp()
    except OSError:
        return None


def _seccomp() -> None:
    try:
        policy.load(os.getpid())
    except OSError as error:
        raise SandboxError(f"the filter of system calls was not taken: {error}") from None
