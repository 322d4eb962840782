"""Which system calls a worker may make, by name; libseccomp knows the numbers of each architecture. Learner's side."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import tempfile
from functools import cache

LIBRARY = "libseccomp.so.2"
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_ON_BAD_ARCHITECTURE, _OPTIMISE = 2, 8
_SET_FILTER, _FOR_ALL_THREADS = 1, 1
# Stands in the filter for the process that it will be put in force in; no process has this number.
_WORKER = 0x7F0F1F2F
_EQUAL, _MASKED = 4, 7


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ALLOWED = _names("""
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3
stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getcwd chdir fchdir getdents
getdents64 statfs fstatfs mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
ftruncate fadvise64 fsync fdatasync umask sendfile copy_file_range creat
mmap munmap mremap mprotect brk madvise msync membarrier get_mempolicy
futex futex_waitv set_robust_list set_tid_address rseq exit exit_group restart_syscall gettid getpid getppid
getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid capget
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause
alarm setitimer getitimer nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times
sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu
getrlimit setrlimit getrusage getpriority uname sysinfo getrandom wait4 waitid
poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
pipe pipe2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
recvfrom shutdown getsockname getpeername getsockopt
""")

# A file's mode, owner and times are not Landlock's business, and shutil.copy wants to set them: nothing happens.
# Libraries that ask for a priority would rather be told yes as well. So would those that lock files, which a process
# alone in its folder has no need of: a lock on a file that others read too would hold them up.
PRETENDED = _names("""
flock
chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat
sched_setscheduler sched_setparam sched_setattr sched_setaffinity setpriority
""")

# With these the C library and Python fall back on calls that can be judged by their arguments.
# Room on the disk is not reserved, since it would be taken at once; the C library writes zeros instead.
ABSENT = {"clone3": errno.ENOSYS, "openat2": errno.ENOSYS, "fallocate": errno.EOPNOTSUPP} | dict.fromkeys(
    ("listxattr", "llistxattr", "flistxattr", "getxattr", "lgetxattr", "fgetxattr"), errno.ENOTSUP
)

_CLONE_THREAD, _CLONE_NAMESPACES = 0x10000, 0x7E020080
_FCNTL = (0, 1, 2, 3, 4, 5, 9, 36, 1030, 1031, 1032)
_LOCKS = (6, 7, 37, 38)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_PRCTL = (15, 16, 23, 0x53564D41)


class _Condition(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


Conditions = tuple[tuple[int, int, int, int], ...]


def _conditional() -> list[tuple[str, Conditions]]:
    """The calls that are allowed with certain arguments only."""
    rules: list[tuple[str, Conditions]] = [
        ("clone", ((0, _MASKED, _CLONE_THREAD | _CLONE_NAMESPACES, _CLONE_THREAD),)),
        ("prlimit64", ((0, _EQUAL, 0, 0),)),
        # A pair of stream sockets is joined to itself for good: what asyncio wakes itself by.
        ("socketpair", ((0, _EQUAL, 1, 0), (1, _MASKED, 0xF, 1))),
        ("sendto", ((4, _EQUAL, 0, 0),)),
    ]
    for name, arg in (("open", 1), ("openat", 2)):
        # Before its third version Landlock let a file that may only be read be emptied.
        rules += [(name, ((arg, _MASKED, os.O_TRUNC, 0),))]
        rules += [(name, ((arg, _MASKED, os.O_ACCMODE, mode),)) for mode in (os.O_WRONLY, os.O_RDWR)]
    rules += [("fcntl", ((1, _EQUAL, command, 0),)) for command in _FCNTL]
    rules += [("ioctl", ((1, _EQUAL, request, 0),)) for request in _IOCTL]
    return rules + [("prctl", ((0, _EQUAL, option, 0),)) for option in _PRCTL]


CONDITIONAL = _conditional()


@cache
def libseccomp() -> ctypes.CDLL:
    """The library itself, ready to be called; OSError where it is not installed."""
    found = ctypes.CDLL(LIBRARY)
    found.seccomp_init.restype = ctypes.c_void_p
    found.seccomp_init.argtypes = [ctypes.c_uint32]
    found.seccomp_release.argtypes = [ctypes.c_void_p]
    found.seccomp_release.restype = None
    found.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    found.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    found.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    found.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    found.seccomp_rule_add_array.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Condition))
    ]
    return found


@cache
def _program() -> tuple[bytes, list[int]]:
    """The filter as the kernel takes it, and where in it the worker's process id belongs: made once, before the forks.

    To make it takes libseccomp a tenth of the time in which a worker starts.
    """
    lib = libseccomp()
    context = ctypes.c_void_p(lib.seccomp_init(_ERRNO | errno.EPERM))
    if not context:
        raise OSError("libseccomp made no filter")
    _check(lib.seccomp_attr_set(context, _ON_BAD_ARCHITECTURE, _KILL))
    # A tree instead of a list: a tenth of the comparisons for each call.
    lib.seccomp_attr_set(context, _OPTIMISE, 2)
    for call in ALLOWED:
        _add(lib, context, _ALLOW, call)
    for call in PRETENDED:
        _add(lib, context, _ERRNO, call)
    for call, number in ABSENT.items():
        _add(lib, context, _ERRNO | number, call)
    for call, conditions in CONDITIONAL:
        _add(lib, context, _ALLOW, call, conditions)
    for command in _LOCKS:
        _add(lib, context, _ERRNO, "fcntl", ((1, _EQUAL, command, 0),))
    for call in ("kill", "tgkill", "prlimit64"):
        _add(lib, context, _ALLOW, call, ((0, _EQUAL, _WORKER, 0),))
    with tempfile.TemporaryFile() as file:
        _check(lib.seccomp_export_bpf(context, file.fileno()))
        file.seek(0)
        program = file.read()
    lib.seccomp_release(context)
    # Of an instruction's eight bytes the last four are the number that it compares with.
    places = [at for at in range(4, len(program), 8) if program[at : at + 4] == _number(_WORKER)]
    return program, places


def prepare() -> None:
    """Make the filter, short of what depends on the process."""
    _program()


def load(pid: int) -> None:
    """Put the filter in force in the process ``pid``, which is this one: for all its threads and for good."""
    program, places = _program()
    code = bytearray(program)
    for at in places:
        code[at : at + 4] = _number(pid)
    filter_ = _Filter(len(code) // 8, ctypes.addressof(ctypes.c_char.from_buffer(code)))
    call = libseccomp().seccomp_syscall_resolve_name(b"seccomp")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(call, _SET_FILTER, _FOR_ALL_THREADS, ctypes.byref(filter_)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _number(value: int) -> bytes:
    return value.to_bytes(4, sys.byteorder)


def _add(lib: ctypes.CDLL, context: ctypes.c_void_p, action: int, call: str, conditions: Conditions = ()) -> None:
    number = lib.seccomp_syscall_resolve_name(call.encode())
    if number < 0:  # another architecture's, or newer than the library: it stays refused
        return
    array = (_Condition * len(conditions))(*(_Condition(*condition) for condition in conditions))
    _check(lib.seccomp_rule_add_array(context, action, number, len(conditions), array), call)


def _check(status: int, call: str = "") -> None:
    if status < 0:
        raise OSError(-status, f"{os.strerror(-status)} {call}".strip())
