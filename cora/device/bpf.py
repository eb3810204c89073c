"""bpf(2) by ctypes: maps, test runs, links. Its arguments are laid out as `union bpf_attr` in uapi/linux/bpf.h.

Errors of the kernel come up as `OSError` with its errno.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import struct
import time
from collections.abc import Iterator
from pathlib import Path

_SYSCALL = {"x86_64": 321, "aarch64": 280, "ppc64le": 361, "s390x": 351, "riscv64": 280}

_MEMBARRIER = {"x86_64": 324, "aarch64": 283, "ppc64le": 365, "s390x": 356, "riscv64": 283}
_MEMBARRIER_GLOBAL = 1
_LONGEST_RUN_S = 0.1
"""A run of a program takes less, by far."""

MAP_CREATE, MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM, MAP_DELETE_ELEM, PROG_LOAD = 0, 1, 2, 3, 5
PROG_TEST_RUN, OBJ_GET_INFO, RAW_TRACEPOINT_OPEN = 10, 15, 17
MAP_LOOKUP_BATCH, MAP_UPDATE_BATCH, LINK_CREATE = 24, 26, 28

ARRAY, PERCPU_ARRAY = 2, 6
_ATTACH_XDP = 37
XDP_NATIVE = 4
_LIVE_FRAMES = 2
_LIVE_FRAME_BYTES = 64
_ATTR_BYTES = 128

_libc = ctypes.CDLL(None, use_errno=True)


def supported_cpu() -> bool:
    """Whether the number of the system call is known for this CPU."""
    return platform.machine() in _SYSCALL


def _call(command: int, attr: ctypes.Array[ctypes.c_char], size: int = _ATTR_BYTES) -> int:
    number = _SYSCALL[platform.machine()]
    result = _libc.syscall(ctypes.c_long(number), ctypes.c_long(command), attr, ctypes.c_long(size))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def wait_for_programs() -> None:
    """Returns when no run of a program that has begun before goes on: membarrier(2) waits as long as the kernel's
    synchronize_rcu(), and programs run in sections that that waits for. Some kernels (nohz_full) have none."""
    number = _MEMBARRIER[platform.machine()]
    if _libc.syscall(ctypes.c_long(number), ctypes.c_long(_MEMBARRIER_GLOBAL), ctypes.c_long(0), ctypes.c_long(0)):
        time.sleep(_LONGEST_RUN_S)


def _attr(layout: str, *values: int) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(struct.pack(layout, *values), _ATTR_BYTES)


def possible_cpus() -> int:
    """CPUs for which the kernel keeps a value in per-CPU maps."""
    text = Path("/sys/devices/system/cpu/possible").read_text().strip()
    return int(text.replace(",", "-").split("-")[-1]) + 1


class Map:
    """A BPF map by its file descriptor. Keys and values are bytes; those of per-CPU maps hold all CPUs' values, each
    in a multiple of 8 bytes."""

    def __init__(self, fd: int, kind: int, key_bytes: int, value_bytes: int, max_entries: int) -> None:
        self.fd = fd
        self.kind = kind
        self.key_bytes = key_bytes
        self.value_bytes = value_bytes
        self.max_entries = max_entries
        per_cpu = kind == PERCPU_ARRAY
        self.stored_bytes = -(-value_bytes // 8) * 8 * possible_cpus() if per_cpu else value_bytes
        self._key = ctypes.create_string_buffer(max(key_bytes, 1))
        self._value = ctypes.create_string_buffer(max(self.stored_bytes, 1))
        key_at = ctypes.addressof(self._key)
        self._args = _attr("<IIQQQ", fd, 0, key_at, ctypes.addressof(self._value), 0)
        # The kernel wants zeros behind the last argument that a command reads.
        self._key_args = _attr("<IIQQQ", fd, 0, key_at, 0, 0)

    def lookup(self, key: bytes) -> bytes | None:
        ctypes.memmove(self._key, key, self.key_bytes)
        try:
            _call(MAP_LOOKUP_ELEM, self._args, 32)
        except OSError as problem:
            if problem.errno == errno.ENOENT:
                return None
            raise
        return self._value.raw[: self.stored_bytes]

    def update(self, key: bytes, value: bytes) -> None:
        ctypes.memmove(self._key, key, self.key_bytes)
        ctypes.memmove(self._value, value, self.stored_bytes)
        _call(MAP_UPDATE_ELEM, self._args, 32)

    def delete(self, key: bytes) -> bool:
        """Removes an entry; False if there is none."""
        ctypes.memmove(self._key, key, self.key_bytes)
        try:
            _call(MAP_DELETE_ELEM, self._key_args, 32)
        except OSError as problem:
            if problem.errno == errno.ENOENT:
                return False
            raise
        return True

    def items(self, chunk: int = 8192) -> Iterator[tuple[bytes, bytes]]:
        """All entries, read in batches. An entry that changes meanwhile may be met twice or not at all."""
        size = self.stored_bytes
        for keys, values in self.batches(chunk):
            for n in range(len(keys) // self.key_bytes):
                yield keys[n * self.key_bytes : (n + 1) * self.key_bytes], values[n * size : (n + 1) * size]

    def cells(self, untouched: bytes) -> Iterator[tuple[int, bytes]]:
        """(index, value) of the cells of an array whose stored bytes differ from `untouched`."""
        run = 64  # cells that are compared at once: most of a large array is untouched
        size = self.stored_bytes
        blank = untouched * run
        start = 0
        for _, values in self.batches(8192):
            for at in range(0, len(values), run * size):
                part = values[at : at + run * size]
                if part != blank[: len(part)]:
                    for n in range(0, len(part), size):
                        if part[n : n + size] != untouched:
                            yield start + (at + n) // size, part[n : n + size]
            start += len(values) // size

    def batches(self, chunk: int) -> Iterator[tuple[bytes, bytes]]:
        """All entries, up to `chunk` at a time: their keys one behind the other, and their values. Those of arrays come
        in the order of their indices."""
        chunk = min(chunk, max(self.max_entries, 1))
        token = ctypes.create_string_buffer(max(self.key_bytes, 8))
        started = False
        while True:
            keys = ctypes.create_string_buffer(chunk * self.key_bytes)
            values = ctypes.create_string_buffer(chunk * self.stored_bytes)
            count, ended = self._batch(token, started, keys, values, chunk)
            if count < 0:
                chunk *= 2
                continue
            started = True
            if count:
                yield (
                    ctypes.string_at(keys, count * self.key_bytes),
                    ctypes.string_at(values, count * self.stored_bytes),
                )
            if ended:
                return

    def _batch(
        self,
        token: ctypes.Array[ctypes.c_char],
        started: bool,
        keys: ctypes.Array[ctypes.c_char],
        values: ctypes.Array[ctypes.c_char],
        chunk: int,
    ) -> tuple[int, bool]:
        """(entries read, or -1 if the chunk is too small for one bucket of a hash; whether that was all)."""
        where = ctypes.addressof(token)
        first = where if started else 0
        key_at, value_at = ctypes.addressof(keys), ctypes.addressof(values)
        attr = _attr("<QQQQIIQQ", first, where, key_at, value_at, chunk, self.fd, 0, 0)
        ended = False
        try:
            _call(MAP_LOOKUP_BATCH, attr, 56)
        except OSError as problem:
            if problem.errno == errno.ENOSPC:
                return -1, False
            if problem.errno != errno.ENOENT:
                raise
            ended = True
        return struct.unpack_from("<I", attr, 32)[0], ended

    def update_many(self, entries: list[tuple[bytes, bytes]]) -> None:
        """Stores entries in one call."""
        if not entries:
            return
        keys = ctypes.create_string_buffer(b"".join(k for k, _ in entries), len(entries) * self.key_bytes)
        values = ctypes.create_string_buffer(b"".join(v for _, v in entries), len(entries) * self.stored_bytes)
        attr = _attr("<QQQQIIQQ", 0, 0, ctypes.addressof(keys), ctypes.addressof(values), len(entries), self.fd, 0, 0)
        _call(MAP_UPDATE_BATCH, attr, 56)

    def memory(self) -> mmap.mmap:
        """The values of an array that was made with BPF_F_MMAPABLE, as memory."""
        size = -(-(-(-self.value_bytes // 8) * 8 * self.max_entries) // mmap.PAGESIZE) * mmap.PAGESIZE
        return mmap.mmap(self.fd, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


class TestRun:
    """Runs an XDP program on one frame after another (BPF_PROG_TEST_RUN), with buffers that are kept."""

    __test__ = False
    LONGEST_FRAME = 3520
    """A page less the headroom of 256 bytes and the kernel's bookkeeping behind the frame."""
    SHORTEST_FRAME = 14

    def __init__(self, program_fd: int) -> None:
        self._in = ctypes.create_string_buffer(self.LONGEST_FRAME)
        self._out = ctypes.create_string_buffer(self.LONGEST_FRAME + 512)
        self._attr = _attr(
            "<IIIIQQIIIIQQIIII", program_fd, 0, 0, 0, ctypes.addressof(self._in), ctypes.addressof(self._out),
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip

    def __call__(self, frame: bytes) -> tuple[int, bytes]:
        """(the program's verdict, the frame as it left it)."""
        ctypes.memmove(self._in, frame, len(frame))
        struct.pack_into("<III", self._attr, 4, 0, len(frame), self.LONGEST_FRAME + 512)
        _call(PROG_TEST_RUN, self._attr, 80)
        verdict, _, size = struct.unpack_from("<III", self._attr, 4)
        return verdict, ctypes.string_at(self._out, size)

    def duration_ns(self, frame: bytes, repeat: int) -> int:
        """The kernel's mean time a run, over `repeat` runs; each gets the frame as the run before it left it."""
        ctypes.memmove(self._in, frame, len(frame))
        struct.pack_into("<III", self._attr, 4, 0, len(frame), self.LONGEST_FRAME + 512)
        struct.pack_into("<II", self._attr, 32, repeat, 0)
        try:
            _call(PROG_TEST_RUN, self._attr, 80)
            return struct.unpack_from("<I", self._attr, 36)[0]
        finally:
            struct.pack_into("<II", self._attr, 32, 1, 0)


def create_xdp_link(program_fd: int, ifindex: int, flags: int = XDP_NATIVE) -> int:
    """Attaches a program to an interface; it stays while the link's file descriptor, the result, is open."""
    return _call(LINK_CREATE, _attr("<IIII", program_fd, ifindex, _ATTACH_XDP, flags))


def attach_tracing(program_fd: int) -> int:
    """Attaches a program of type tp_btf to the tracepoint that it names; it stays while the result is open."""
    return _call(RAW_TRACEPOINT_OPEN, _attr("<QI", 0, program_fd))


def play_live(program_fd: int, ifindex: int, frames: int, batch: int = 64) -> None:
    """Runs an XDP program on `frames` frames of its own making that go on into the network stack's queues
    (BPF_F_TEST_XDP_LIVE_FRAMES), as if they had come in by `ifindex`. Call it in that interface's namespace."""
    context = ctypes.create_string_buffer(struct.pack("<IIIIII", 0, _LIVE_FRAME_BYTES, 0, ifindex, 0, 0), 24)
    frame = ctypes.create_string_buffer(_LIVE_FRAME_BYTES)
    attr = _attr(
        "<IIIIQQIIIIQQIIII", program_fd, 0, _LIVE_FRAME_BYTES, 0, ctypes.addressof(frame), 0, frames, 0,
        24, 0, ctypes.addressof(context), 0, _LIVE_FRAMES, 0, batch, 0,
    )  # fmt: skip
    _call(PROG_TEST_RUN, attr, 80)


def program_info(fd: int) -> dict[str, int]:
    """id, sizes (bytes) of the translated and the native program, instructions that the verifier looked at."""
    info = ctypes.create_string_buffer(256)
    _call(OBJ_GET_INFO, _attr("<IIQ", fd, 256, ctypes.addressof(info)), 16)
    _, identity = struct.unpack_from("<II", info, 0)
    native, translated = struct.unpack_from("<II", info, 16)
    return {
        "id": identity,
        "native_bytes": native,
        "translated_bytes": translated,
        "verified_instructions": struct.unpack_from("<I", info, 216)[0],
    }


def create_map(kind: int, key_bytes: int, value_bytes: int, max_entries: int, flags: int = 0) -> int:
    """Makes a map without a loader; the result is its file descriptor."""
    return _call(MAP_CREATE, _attr("<IIIII", kind, key_bytes, value_bytes, max_entries, flags), 72)


def load_trivial_xdp() -> int:
    """Loads the program `return XDP_PASS`, to see whether the kernel takes any; the result is its file descriptor."""
    code = struct.pack("<BBhiBBhi", 0xB7, 0, 0, 2, 0x95, 0, 0, 0)  # r0 = 2; exit
    instructions = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    xdp = 6
    attr = _attr("<IIQQ", xdp, 2, ctypes.addressof(instructions), ctypes.addressof(licence))
    return _call(PROG_LOAD, attr, 72)
