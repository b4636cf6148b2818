"""Watch of what code in this process opens: files, connections, processes, pickles."""

import os
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path

import stemstack

_CONNECTIONS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_PROCESSES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
_CODE = ("pickle.find_class", "marshal.loads")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod")
_SYSTEM = (
    "/usr",
    "/lib",
    "/proc",
    "/sys",
    "/dev/null",
    "/dev/urandom",
    "/etc/ssl",
    "/etc/localtime",
)
_INSTALLED = {
    *(sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *_SYSTEM),
    *(str(Path(folder).resolve()) for folder in stemstack.__path__),
}


class Watch:
    """Violations seen while a block runs; an audit hook cannot be removed, but it can rest."""

    def __init__(self):
        self.violations, self._readable, self._writable, self._active = [], (), (), False
        sys.addaudithook(self._see)

    @contextmanager
    def allow(self, *, readable, writable):
        """Record everything but reading and writing below the given folders."""
        self._writable = tuple(os.path.realpath(path) for path in writable)
        self._readable = (*map(os.path.realpath, readable), *self._writable, *_INSTALLED)
        self.violations, self._active = [], True
        try:
            yield self.violations
        finally:
            self._active = False

    def _see(self, event, arguments):
        if not self._active:
            return
        if event in _CONNECTIONS or event in _PROCESSES or event == _CODE[0]:
            self.violations.append(f"{event} {arguments[1:]!r}"[:200])
        elif event == "open" and isinstance(arguments[0], str | bytes):
            self._check(arguments[0], bool((arguments[2] or 0) & _WRITING), event)
        elif event in _CHANGES:
            # The places of links and renamed files.
            for path in arguments[:2]:
                if isinstance(path, str | bytes):
                    self._check(path, True, event)

    def _check(self, path, is_writing, event):
        self._active = False
        try:
            path = os.path.realpath(os.path.abspath(os.fsdecode(path)))
        finally:
            self._active = True
        allowed = self._writable if is_writing else self._readable
        is_compiled = "__pycache__" in path
        if not (is_compiled or any(path == top or path.startswith(f"{top}/") for top in allowed)):
            self.violations.append(f"{event} {path} {'writing' if is_writing else 'reading'}")
