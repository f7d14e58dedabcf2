"""A program on a terminal of its own, and somebody who types.

    with Terminal("authctl", "user", "add", "kate") as t:
        t.expect("PIN: ")
        t.type("1234\\n")
        status = t.end()

`t.shown` is all that the terminal showed.  Every wait has an end."""
import os
import pty
import select
import signal
import termios
import time


class Terminal:
    def __init__(self, *command, patience=20):
        self.patience, self.shown, self.at = patience, "", 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execvp(command[0], command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def more(self, until):
        """Reads what is there; False when nothing comes any more."""
        ready, _, _ = select.select([self.fd], [], [], max(0, until - time.monotonic()))
        if not ready:
            raise AssertionError(f"nothing more than {self.shown!r}")
        try:
            piece = os.read(self.fd, 65536)
        except OSError:  # all that had it open are gone
            piece = b""
        self.shown += piece.decode(errors="replace")
        return bool(piece)

    def expect(self, text):
        """Waits until `text` is shown, behind what was expected before."""
        until = time.monotonic() + self.patience
        while (found := self.shown.find(text, self.at)) < 0:
            if not self.more(until):
                raise AssertionError(f"ended without {text!r}: {self.shown!r}")
        self.at = found + len(text)

    def type(self, text):
        os.write(self.fd, text.encode())

    def echoes(self):
        """Whether what is typed is shown."""
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self):
        """The exit status; a negative number is the signal that ended it."""
        until = time.monotonic() + self.patience
        while self.more(until):
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def state(self):
        """The state letter of the process, as in /proc: T is stopped."""
        with open(f"/proc/{self.pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]

    def wait_state(self, letter):
        until = time.monotonic() + self.patience
        while self.state() != letter:
            assert time.monotonic() < until, f"state {self.state()}, not {letter}"
            time.sleep(0.01)  # between two looks
