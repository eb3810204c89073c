"""Reads a BPF ring buffer from user space (Documentation/bpf/ringbuf.rst in the kernel's tree).

The map is mapped twice: one page with the consumer's position, which we write; then a page with the producer's position
and the data, mapped twice in a row by the kernel so that a record never wraps.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

_BUSY, _DISCARDED, _HEADER_BYTES = 1 << 31, 1 << 30, 8


class Ring:
    """The reader of one ring; records that are not read in time are refused to the program by the kernel."""

    def __init__(self, fd: int, size_bytes: int) -> None:
        page = mmap.PAGESIZE
        self._mask = size_bytes - 1
        self._consumer = mmap.mmap(fd, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._producer = mmap.mmap(fd, page + 2 * size_bytes, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)

    def drain(self) -> Iterator[bytes]:
        """The records that are there, oldest first; each is freed when the next one is asked for."""
        while True:
            at = struct.unpack_from("<Q", self._consumer)[0]
            if at >= struct.unpack_from("<Q", self._producer)[0]:
                return
            start = mmap.PAGESIZE + (at & self._mask)
            length = struct.unpack_from("<I", self._producer, start)[0]
            if length & _BUSY:
                return
            size = length & ~(_BUSY | _DISCARDED)
            if not length & _DISCARDED:
                yield self._producer[start + _HEADER_BYTES : start + _HEADER_BYTES + size]
            struct.pack_into("<Q", self._consumer, 0, at + (_HEADER_BYTES + size + 7) // 8 * 8)

    def close(self) -> None:
        self._consumer.close()
        self._producer.close()
