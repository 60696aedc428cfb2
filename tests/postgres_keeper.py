"""A PostgreSQL server with pgvector, while whoever started it keeps the standard input open.

Reads the password of its user, prints its port, then waits. However the tests end, the input
closes: the server is stopped and its folder removed. The binaries are those of pgserver; its own
launcher would add a user to a machine where the tests run as root, since PostgreSQL refuses to be
root.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

USER, TRIES = "gapviz", 5
BAREST = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB",
    "max_connections=20", "autovacuum=off", "unix_socket_directories=",
)  # fmt: skip


def main() -> None:
    password = sys.stdin.readline().strip()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the input closes too
    home = Path(tempfile.mkdtemp(prefix="gapviz-postgres-", dir="/tmp"))
    try:
        programs = usable(home)
        data, secret = home / "data", home / "password"
        secret.write_text(password)
        if os.geteuid() == 0:
            for path in (home, secret):
                shutil.chown(path, "nobody")
        run(
            programs / "initdb", "-D", data, "-U", USER, "-E", "utf8", "--locale=C", "--no-sync",
            "--auth=scram-sha-256", f"--pwfile={secret}",
        )  # fmt: skip
        server, port = started(programs, data, home / "log")
        print(port, flush=True)
        sys.stdin.read()
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def as_nobody() -> dict[str, object]:
    """What makes a process of root one of `nobody`."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def run(*command: object) -> None:
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, **as_nobody())


def usable(home: Path) -> Path:
    """The folder of programs; a copy where `nobody` may not read the installed one."""
    (place,) = find_spec("pgserver").submodule_search_locations
    package, programs = Path(place), Path("pginstall", "bin")
    try:
        run(package / programs / "initdb", "--version")
    except (PermissionError, subprocess.CalledProcessError):
        home.chmod(0o755)
        # The programs find their libraries beside the package.
        for part in package.parent.glob("pgserver*"):
            if part.is_dir():
                shutil.copytree(part, home / part.name)
        package = home / package.name
    return package / programs


def started(programs: Path, data: Path, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The server, once it answers, and its port, which another process may have taken first."""
    for _ in range(TRIES):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", port]
        command += [part for setting in BAREST for part in ("-c", setting)]
        with log.open("wb") as told:
            server = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=told, stderr=told,
                **as_nobody(),
            )  # fmt: skip
        status = data / "postmaster.pid"
        while server.poll() is None:
            if status.exists() and status.read_text().rstrip().endswith("ready"):
                return server, port
            time.sleep(0.02)
    raise SystemExit(log.read_text())


if __name__ == "__main__":
    main()
