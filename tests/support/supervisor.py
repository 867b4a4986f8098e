"""Emulates systemd towards a service: opens and passes its sockets, receives its notifications, restarts it.

supervisor.py '{"command": [...], "sockets": [["name", "inet", "127.0.0.1", 0], ["name", "unix", "/path"]],
"notify": "/path or @name", "watchdog": microseconds or null}'

Reads commands from standard input, one per line: start, TERM, HUP, INT, KILL or another signal. Writes events to
standard output, one JSON object per line: {"sockets": [...]}, {"started": pid}, {"notify": text, "at": CLOCK_MONOTONIC
in microseconds, "from": pid}, {"log": line}, {"ended": exit code, or the negative signal}. Exits when its input ends.
"""
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time

wanted = json.loads(sys.argv[1])


def say(**what):
    print(json.dumps(what), flush=True)


def bind(name, family, *where):
    if family == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(where[0])
        os.chmod(where[0], 0o666)
    else:
        listener = socket.socket(socket.AF_INET6 if family == "inet6" else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(tuple(where))
    listener.listen(4096)
    return listener


listeners = [bind(*each) for each in wanted["sockets"]]
names = [each[0] for each in wanted["sockets"]]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
notify.bind(wanted["notify"].replace("@", "\0"))
child = 0
read_log = None


def start():
    global child, read_log
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(into, 1)
        os.dup2(into, 2)
        # Out of the way first: a socket may have the number that another one is to get.
        moved = [os.dup2(listener.fileno(), 100 + i) for i, listener in enumerate(listeners)]
        for i, fd in enumerate(moved):
            os.dup2(fd, 3 + i, inheritable=True)
        os.closerange(3 + len(moved), 200)
        env = dict(
            os.environ,
            NOTIFY_SOCKET=wanted["notify"],
            LISTEN_PID=str(os.getpid()),
            LISTEN_FDS=str(len(moved)),
            LISTEN_FDNAMES=":".join(names),
        )
        if wanted.get("watchdog"):
            env.update(WATCHDOG_USEC=str(wanted["watchdog"]), WATCHDOG_PID=str(os.getpid()))
        os.execvpe(wanted["command"][0], wanted["command"], env)
    os.close(into)
    os.set_blocking(out, False)
    read_log = heard_log(out)
    selector.register(out, selectors.EVENT_READ, read_log)
    say(started=child)


def heard_log(pipe):
    """Reads what there is, and says whether there may be more."""
    rest = b""
    closed = False

    def read():
        nonlocal rest, closed
        if closed:
            return False
        try:
            piece = os.read(pipe, 65536)
        except BlockingIOError:
            return False
        if not piece:
            selector.unregister(pipe)
            os.close(pipe)
            closed = True
            return False
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            say(log=line.decode("utf-8", "replace"))
        return True

    return read


def heard_notify():
    text, more, _, _ = notify.recvmsg(65536, socket.CMSG_SPACE(12))
    pid = struct.unpack("iII", more[0][2])[0]
    say(notify=text.decode(), at=time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000, **{"from": pid})


def reap(*_):
    global child
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid == child:
            # What it said and logged before it ended comes first.
            while read_log():
                pass
            while True:
                try:
                    notify.setblocking(False)
                    heard_notify()
                except BlockingIOError:
                    break
            child = 0
            say(ended=os.waitstatus_to_exitcode(status))


def heard_command():
    line = sys.stdin.readline()
    if not line:
        if child:
            os.kill(child, signal.SIGKILL)
        sys.exit(0)
    word = line.strip()
    if word == "start":
        start()
    elif child:
        os.kill(child, getattr(signal, "SIG" + word))


woken, wake = os.pipe()
os.set_blocking(wake, False)
os.set_blocking(woken, False)
signal.set_wakeup_fd(wake)
signal.signal(signal.SIGCHLD, lambda *_: None)
selector = selectors.DefaultSelector()
selector.register(sys.stdin, selectors.EVENT_READ, heard_command)
selector.register(notify, selectors.EVENT_READ, heard_notify)
selector.register(woken, selectors.EVENT_READ, lambda: (os.read(woken, 4096), reap()))
say(sockets=[[each.getsockname()] if each.family == socket.AF_UNIX else each.getsockname()[:2] for each in listeners])
while True:
    for key, _ in selector.select():
        key.data()
