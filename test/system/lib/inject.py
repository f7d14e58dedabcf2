"""inject.py PID CALL: makes a process that runs make one system call of our choice, as
code that took it over would, and prints what came of it: the name of the signal that
ended it, or "returned N".  Only root can: the roles are not dumpable.  x86-64 only."""
import ctypes
import os
import signal
import struct
import sys

ATTACH, GETREGS, SETREGS, SINGLESTEP = 16, 12, 13, 9
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
             "fs_base gs_base ds es fs gs").split()
AF_UNIX, AF_INET, AF_NETLINK, STREAM = 1, 2, 16, 1

# Name: number, arguments ("text" is put on the stack of the process).
CALLS = {
    "socket": (41, AF_INET, STREAM, 0),
    "socket-unix": (41, AF_UNIX, STREAM, 0),
    "socket-netlink": (41, AF_NETLINK, 3, 0),
    "connect": (42, 3, 0, 16),
    "bind": (49, 3, 0, 16),
    "open": (2, "/etc/passwd", os.O_RDONLY, 0),
    "openat": (257, -100, "/pages/login.html", os.O_RDONLY, 0),
    "execve": (59, "/bin/sh", 0, 0),
    "fork": (57,),
    "clone": (56, signal.SIGCHLD, 0, 0, 0, 0),
    "ptrace": (101, ATTACH, 1, 0, 0),
    "kill": (62, 1, 9),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "chroot": (161, "/"),
    "mount": (165, "/", "/", 0, 0, 0),
    "setuid": (105, 0),
    "prctl": (157, 4, 1, 0, 0, 0),      # PR_SET_DUMPABLE
    "mprotect": (10, 0, 4096, 7),       # memory that could be executed
    "io_uring_setup": (425, 8, 0),
    "unshare": (272, 0x10000000),
    "bpf": (321, 0, 0, 0),
    "read-connection": (0, 200, 0, 0),  # a descriptor that a porter accepted
}


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def syscall_instruction(pid):
    """The address of the two bytes 0f 05 in the process's own code."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if "x" not in rights or "[v" in line:
                continue
            start, end = (int(part, 16) for part in where.split("-"))
            memory.seek(start)
            found = memory.read(end - start).find(b"\x0f\x05")
            if found >= 0:
                return start + found
    raise RuntimeError("no system call in its code")


def arguments(pid, values, stack):
    """Numbers as they are, texts as addresses of copies below the stack."""
    numbers = []
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        for value in values:
            if isinstance(value, str):
                stack -= 256
                memory.seek(stack)
                memory.write(value.encode() + b"\0")
                value = stack
            numbers.append(value & 0xFFFFFFFFFFFFFFFF)
    return numbers + [0] * (6 - len(numbers))


def inject(pid, name):
    number, *values = CALLS[name]
    ptrace(ATTACH, pid)
    os.waitpid(pid, 0)
    room = ctypes.create_string_buffer(8 * len(REGISTERS))
    ptrace(GETREGS, pid, ctypes.addressof(room))
    registers = dict(zip(REGISTERS, struct.unpack(f"{len(REGISTERS)}Q", room.raw)))
    given = arguments(pid, values, registers["rsp"] - 4096)
    registers.update(zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), given))
    registers.update(rax=number, orig_rax=0xFFFFFFFFFFFFFFFF, rip=syscall_instruction(pid))
    room.raw = struct.pack(f"{len(REGISTERS)}Q", *(registers[name] for name in REGISTERS))
    ptrace(SETREGS, pid, ctypes.addressof(room))
    ptrace(SINGLESTEP, pid)  # over the one instruction
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    if os.WIFEXITED(status):
        return f"exit {os.WEXITSTATUS(status)}"
    if os.WSTOPSIG(status) != signal.SIGTRAP:
        return f"stopped by {signal.Signals(os.WSTOPSIG(status)).name}"
    ptrace(GETREGS, pid, ctypes.addressof(room))
    result = struct.unpack_from("q", room.raw, 8 * REGISTERS.index("rax"))[0]
    os.kill(pid, signal.SIGKILL)  # whatever it is now, it is no role any more
    os.waitpid(pid, 0)
    return f"returned {result}"


if __name__ == "__main__":
    print(inject(int(sys.argv[1]), sys.argv[2]))
