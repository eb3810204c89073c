"""libbpf.so.1 by ctypes: opens an object file, loads its maps and programs. Debian's package is libbpf1."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

from cora.device import bpf

_PTR, _TEXT, _INT, _U32, _SIZE = (
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.c_size_t,
)
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "libbpf_version_string": (_TEXT, []),
    "libbpf_set_print": (_PTR, [_PTR]),
    "bpf_object__open_file": (_PTR, [_TEXT, _PTR]),
    "bpf_object__load": (_INT, [_PTR]),
    "bpf_object__close": (None, [_PTR]),
    "bpf_object__next_map": (_PTR, [_PTR, _PTR]),
    "bpf_object__next_program": (_PTR, [_PTR, _PTR]),
    "bpf_map__name": (_TEXT, [_PTR]),
    "bpf_map__fd": (_INT, [_PTR]),
    "bpf_map__type": (_INT, [_PTR]),
    "bpf_map__key_size": (_U32, [_PTR]),
    "bpf_map__value_size": (_U32, [_PTR]),
    "bpf_map__max_entries": (_U32, [_PTR]),
    "bpf_map__set_initial_value": (_INT, [_PTR, _PTR, _SIZE]),
    "bpf_program__name": (_TEXT, [_PTR]),
    "bpf_program__fd": (_INT, [_PTR]),
    "bpf_program__set_log_buf": (_INT, [_PTR, _PTR, _SIZE]),
    "bpf_program__set_log_level": (_INT, [_PTR, _U32]),
}
_LOG_BYTES = 1 << 24


class LoadRefused(Exception):
    """The kernel didn't take an object: `code` is the errno, `logs` the verifier's logs by program."""

    def __init__(self, code: int, logs: dict[str, str]) -> None:
        super().__init__(f"errno {code}")
        self.code = code
        self.logs = logs


@cache
def library() -> ctypes.CDLL:
    """The library, silenced. Raises OSError if it isn't installed."""
    lib = ctypes.CDLL("libbpf.so.1", use_errno=True)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    printer = ctypes.CFUNCTYPE(_INT, _INT, _TEXT, _PTR)(lambda *_: 0)
    _keep.append(printer)
    lib.libbpf_set_print(ctypes.cast(printer, _PTR))
    return lib


_keep: list[object] = []
"""Callbacks that C holds on to."""


def version() -> str:
    return library().libbpf_version_string().decode()


class Object:
    """A loaded object: `maps` by name, `programs` (file descriptors) by name. Close it to free them in the kernel."""

    def __init__(self, path: Path, rodata: dict[str, bytes] | None = None, verbose: bool = False) -> None:
        """Loads the file; `rodata` gives the contents of read-only sections by name, `verbose` asks for the
        verifier's log (slower). Raises LoadRefused."""
        self._lib = library()
        self._object = self._lib.bpf_object__open_file(str(path).encode(), None)
        if not self._object:
            raise LoadRefused(ctypes.get_errno(), {})
        self.maps: dict[str, bpf.Map] = {}
        self.programs: dict[str, int] = {}
        maps, programs = self._walk("map"), self._walk("program")
        for name, content in (rodata or {}).items():
            self._lib.bpf_map__set_initial_value(maps[name], content, len(content))
        logs = self._logs(programs) if verbose else {}
        refused = self._lib.bpf_object__load(self._object)
        if refused:
            self.close()
            raise LoadRefused(-refused, {n: b.value.decode(errors="replace") for n, b in logs.items()})
        for name, handle in maps.items():
            self.maps[name] = bpf.Map(
                self._lib.bpf_map__fd(handle),
                self._lib.bpf_map__type(handle),
                self._lib.bpf_map__key_size(handle),
                self._lib.bpf_map__value_size(handle),
                self._lib.bpf_map__max_entries(handle),
            )
        self.programs = {name: self._lib.bpf_program__fd(handle) for name, handle in programs.items()}

    def _walk(self, kind: str) -> dict[str, int]:
        following = getattr(self._lib, f"bpf_object__next_{kind}")
        name_of = getattr(self._lib, f"bpf_{kind}__name")
        found: dict[str, int] = {}
        handle = following(self._object, None)
        while handle:
            found[name_of(handle).decode()] = handle
            handle = following(self._object, handle)
        return found

    def _logs(self, programs: dict[str, int]) -> dict[str, ctypes.Array[ctypes.c_char]]:
        logs = {name: ctypes.create_string_buffer(_LOG_BYTES) for name in programs}
        for name, handle in programs.items():
            self._lib.bpf_program__set_log_buf(handle, logs[name], _LOG_BYTES)
            self._lib.bpf_program__set_log_level(handle, 1)
        return logs

    def close(self) -> None:
        if self._object:
            self._lib.bpf_object__close(self._object)
            self._object = None
