"""Small programs that each try one thing that a submission has no business doing.

Each is the body of a function that returns True when it got through; an exception means that it was refused. Where they
run, ``SECRET`` is a file, ``OUTSIDE`` a folder, ``VICTIM`` a process and ``PACKAGE`` the folder of the autograder.
All are bounded by themselves, since they also run with no isolation, to show that they can succeed.
"""

import textwrap

_PREPARED = (
    "import ctypes, errno, fcntl, mmap, os, signal, socket, sys, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"
)

_READING = {
    "read a secret": "return bool(open(SECRET).read())",
    "read a secret by descriptor": "return bool(os.read(os.open(SECRET, os.O_RDONLY), 1))",
    "map a secret": "return bool(mmap.mmap(os.open(SECRET, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:1])",
    "list a folder": "return bool(os.listdir(OUTSIDE))",
    "list the root folder": "return bool(os.listdir('/'))",
    "read the accounts": "return bool(open('/etc/passwd').read())",
    "list the certificates, and the keys beside them": "return bool(os.listdir('/etc/ssl'))",
    "read the passwords": "return bool(open('/etc/shadow').read())",
    "read a check's source": "return bool(open(PACKAGE + '/checks/lesson00_start/affine.py').read())",
    "import a check": "import autograder.checks.lesson03_reparameterization as m; return bool(m)",
    "import the grading": "import autograder.grading as m; return bool(m)",
    "read the grading": "return bool(open(PACKAGE + '/grading.py').read())",
    "inspect the worker": "import inspect; return bool(inspect.getsource(sys.modules['autograder.boundary.wire']))",
    "read the author's solutions": "return bool(open(PACKAGE + '/../solutions/lesson03_reparameterization.py').read())",
    "read through a symbolic link": "os.symlink(SECRET, 'l'); return bool(open('l').read())",
    "read through a hard link": "os.link(SECRET, 'h'); return bool(open('h').read())",
    "read through /proc/self/root": "return bool(open('/proc/self/root' + SECRET).read())",
    "read its own environment": "return bool(open('/proc/self/environ').read())",
    "list its own descriptors": "return bool(os.listdir('/proc/self/fd'))",
    "read its parent's environment": "return bool(open(f'/proc/{os.getppid()}/environ').read())",
    "read its parent's command": "return bool(open(f'/proc/{os.getppid()}/cmdline').read())",
    "read its parent's memory": "return bool(open(f'/proc/{os.getppid()}/mem', 'rb'))",
    "see all processes": "return any(name.isdigit() for name in os.listdir('/proc'))",
    "see the mounts": "return bool(open('/proc/mounts').read())",
    "open by handle": "return libc.syscall(304, -100, ctypes.create_string_buffer(16), 0) >= 0",
    "see a file's size": "return os.stat(SECRET).st_size > 0",
}

_WRITING = {
    "write a file outside": "open(OUTSIDE + '/new', 'w').close(); return True",
    "change a file outside": "open(SECRET, 'a').write('x'); return True",
    "empty a file": "open(SECRET, 'w').close(); return os.path.getsize(SECRET) == 0",
    "empty a file opened for reading": (
        "os.close(os.open(SECRET, os.O_RDONLY | os.O_TRUNC)); return os.path.getsize(SECRET) == 0"
    ),
    "truncate a file": "os.truncate(SECRET, 0); return True",
    "remove a file": "os.unlink(SECRET); return True",
    "rename a file": "os.rename(SECRET, SECRET + '2'); return True",
    "make a folder outside": "os.mkdir(OUTSIDE + '/d'); return True",
    "make a link outside": "os.symlink('/etc', OUTSIDE + '/s'); return True",
    "move a file out": "open('a', 'w').close(); os.rename('a', OUTSIDE + '/a'); return True",
    "change a file's mode": "os.chmod(SECRET, 0o777); return os.stat(SECRET).st_mode & 0o777 == 0o777",
    "change a file's owner": "os.chown(SECRET, 12345, 12345); return os.stat(SECRET).st_uid == 12345",
    "change a file's times": "os.utime(SECRET, (1, 1)); return os.stat(SECRET).st_mtime == 1",
    "set an attribute": "os.setxattr(SECRET, 'user.x', b'1'); return True",
    "write in /tmp": "p = f'/tmp/probe-{os.getpid()}'; open(p, 'w').close(); os.unlink(p); return True",
    "write in /dev/shm": "p = f'/dev/shm/probe-{os.getpid()}'; open(p, 'w').close(); os.unlink(p); return True",
    "plant a start-up file": (
        "import site; p = site.getsitepackages()[0] + f'/probe{os.getpid()}.pth'; "
        "open(p, 'w').close(); os.unlink(p); return True"
    ),
    "write beside the checks": (
        "p = PACKAGE + f'/beside/probe{os.getpid()}.txt'; open(p, 'w').close(); os.unlink(p); return True"
    ),
    "make a named pipe": "os.mkfifo('p'); return True",
    "make a file of 1 TiB": "f = open('big', 'wb'); f.truncate(2**40); return True",
    "lock a file": (
        "a, b = open('l', 'w'), open('l')\nfcntl.flock(a, fcntl.LOCK_EX)\n"
        "try: fcntl.flock(b, fcntl.LOCK_EX | fcntl.LOCK_NB)\nexcept BlockingIOError: return True"
    ),
    "lock a part of a file": (
        "import struct; a, b = open('l', 'w'), open('l', 'w')\nlock = struct.pack('hhqqi', 1, 0, 0, 0, 0)\n"
        "fcntl.fcntl(a, 37, lock)\ntry: fcntl.fcntl(b, 37, lock)\nexcept BlockingIOError: return True"
    ),
    "reserve room on the disk": (
        "return libc.fallocate(os.open('r', os.O_CREAT | os.O_RDWR), 0, ctypes.c_long(0), ctypes.c_long(4096)) == 0"
    ),
    "write to /dev/null": "return open('/dev/null', 'w').write('x') == 1",
}

_NETWORK = {
    "TCP": "return bool(socket.socket())",
    "UDP": "return bool(socket.socket(type=socket.SOCK_DGRAM))",
    "TCP over IPv6": "return bool(socket.socket(socket.AF_INET6))",
    "a name look-up": "return bool(socket.getaddrinfo('localhost', 80))",
    "a raw socket": "return bool(socket.socket(type=socket.SOCK_RAW, proto=1))",
    "a packet socket": "return bool(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))",
    "netlink": "return bool(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))",
    "vsock": "return bool(socket.socket(40))",
    "a Unix socket": "return bool(socket.socket(socket.AF_UNIX))",
    "a Unix datagram socket": "return bool(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))",
    "a pair of datagram sockets": "return bool(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))",
    "a server": "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); return True",
}

_PROCESSES = {
    "signal its parent": "os.kill(os.getppid(), 0); return True",
    "kill another process": "os.kill(VICTIM, 9); return True",
    "stop another process": "os.kill(VICTIM, signal.SIGSTOP); return True",
    "open a process": "return os.pidfd_open(VICTIM) >= 0",
    "send a signal by a file": (
        "r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, VICTIM); fcntl.fcntl(r, 10, 9); "
        "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC); os.write(w, b'x'); return True"
    ),
    "trace another process": (
        "ok = libc.ptrace(16, VICTIM, 0, 0) == 0\n"
        "if ok: os.waitpid(VICTIM, 0x40000000); libc.ptrace(17, VICTIM, 0, 0)\n"
        "return ok"
    ),
    "read another process's memory": (
        "b = ctypes.create_string_buffer(8)\nclass V(ctypes.Structure): "
        "_fields_ = [('a', ctypes.c_void_p), ('n', ctypes.c_size_t)]\n"
        "return libc.process_vm_readv(VICTIM, ctypes.byref(V(ctypes.addressof(b), 8)), 1, "
        "ctypes.byref(V(id(b), 8)), 1, 0) >= 0 or ctypes.get_errno() == errno.EFAULT"
    ),
    "limit another process": "import resource; resource.prlimit(VICTIM, resource.RLIMIT_CORE, (0, 0)); return True",
    "move another process to one core": (
        "one = {0}; os.sched_setaffinity(VICTIM, one); return os.sched_getaffinity(VICTIM) == one"
    ),
    "slow another process down": (
        "os.setpriority(os.PRIO_PROCESS, VICTIM, 19); return os.getpriority(os.PRIO_PROCESS, VICTIM) == 19"
    ),
    "fork": "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nreturn True",
    "fork by clone": (
        "pid = libc.syscall(56, 17, 0, 0, 0, 0)\nif pid == 0: os._exit(0)\n"
        "if pid > 0: os.waitpid(pid, 0)\nreturn pid > 0"
    ),
    "run a program": "import subprocess; return subprocess.run(['true']).returncode == 0",
    "run a shell": "return os.system('true') == 0",
    "spawn": "return os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)[1] == 0",
    "outlive the grader": (
        "pid = os.fork()\nif pid == 0:\n    os.setsid()\n    os._exit(0)\nos.waitpid(pid, 0)\nreturn True"
    ),
    "undo the signal at its parent's death": "return libc.prctl(1, 0) == 0",
    "a session of its own": "os.getpgid(0) == os.getpid(); return os.setpgid(VICTIM, 0) is None",
    "ignore SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.kill(os.getpid(), 15); return True",
}

_KERNEL = {
    "a file in memory": "return os.memfd_create('x') >= 0",
    "shared memory": ("i = libc.shmget(0, 4096, 0o1600)\nif i >= 0: libc.shmctl(i, 0, None)\nreturn i >= 0"),
    "a message queue": "i = libc.msgget(0, 0o1600)\nif i >= 0: libc.msgctl(i, 0, None)\nreturn i >= 0",
    "become another user": "os.setuid(os.getuid() + 1); return True",
    "change root": "os.chroot('.'); return True",
    "a namespace": "return libc.unshare(0x10000000) == 0",
    "a mount namespace": "return libc.unshare(0x00020000) == 0",
    "mount": "os.mkdir('m'); ok = libc.mount(b'x', b'm', b'tmpfs', 0, None) == 0; libc.umount2(b'm', 2); return ok",
    "load a program into the kernel": "return libc.syscall(321, 0, ctypes.create_string_buffer(128), 16) >= 0",
    "io_uring": "return libc.syscall(425, 4, ctypes.create_string_buffer(120)) >= 0",
    "a key": "return libc.syscall(248, b'user', b'probe', b'x', 1, -2) > 0",
    "performance counters": (
        "b = ctypes.create_string_buffer(b'\\1\\0\\0\\0\\x80', 128)\nreturn libc.syscall(298, b, 0, -1, -1, 0) >= 0"
    ),
    "catch page faults": "return libc.syscall(323, 1) >= 0",
    "another personality": "return libc.personality(0x0040000) >= 0",
    "read the kernel's log": "return libc.klogctl(10, None, 0) >= 0",
    "a name for the machine": "return libc.sethostname(socket.gethostname().encode(), len(socket.gethostname())) == 0",
    "raise its own limits": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (10**5, 10**5)); return True"
    ),
    "watch files": "return libc.inotify_init() >= 0",
    "lock memory": "return libc.mlock(ctypes.create_string_buffer(4096), 4096) == 0",
    "map 6 GiB": "return bool(mmap.mmap(-1, 6 * 2**30))",
}

PROBES = _READING | _WRITING | _NETWORK | _PROCESSES | _KERNEL

# What gets through full isolation, and why it may.
LET_THROUGH = {
    "see a file's size": "Landlock does not cover stat: a path that is guessed tells its size, never its content",
    "write to /dev/null": "nothing is kept there",
    "ignore SIGTERM": "the grader ends workers by SIGKILL",
}


def program(body: str, **names: object) -> str:
    """A cell that runs a probe and stores in ``through`` whether it got through."""
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    function = "def probe():\n" + textwrap.indent(body, "    ")
    return (
        f"{_PREPARED}{given}{function}\ntry:\n    through = bool(probe())\nexcept BaseException:\n    through = False\n"
    )
