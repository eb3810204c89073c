"""The textual form of the IR: what `cora ir` prints, `ir.txt` holds and tests compare.

    program nat for pna
    header eth: dst:48 src:48 type:16
    flow_table conns [src:32, port:16] -> (port:16) capacity 65536 idle (300000000000)
    register seen [index:32] -> (when:64) capacity 16 default (7)
    table rules [dst:32 lpm, proto:8 ternary] -> (action:8, allow.port:16) capacity 64 actions (deny, allow)
      row (0x0a000000 / 8, 6 &&& 255) -> (1, 3) priority 5
    body main
    resume 1 at main (x:16)

    block start
      ok:1 = room 112:32
      if ok:1 then read else short
    block main
      (hit:1, port:16) = lookup conns [eth.src:48[31..0], 80:16]
      update conns [x:32, 80:16] field port (port:16 + 1:16)
      forward port:16

A variable or a constant carries its width: `x:16`, `0x800:16`. An expression has at most one operator outside of
parentheses; what has no sign of its own is a call: `mux(c:1, a:8, b:8)`, `zext(x:8, 16)`, `sext(x:8, 16)` (both
truncate where the width is smaller), `udiv(a:8, b:8)`. `x:16[7..0]` are bits 7 to 0; `a:8 ++ b:8` is the concatenation.
A name that is not made of letters, digits, `_ $ .` and `[n]` stands in quotes. `;` begins a comment.
"""

from __future__ import annotations

from cora.ir.text_parse import parse_expr, parse_program
from cora.ir.text_print import print_expr, print_program

__all__ = ["parse_expr", "parse_program", "print_expr", "print_program"]
