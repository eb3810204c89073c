"""Each pass's docstring example, as text in and text out."""

from __future__ import annotations

from cora.ir.text import parse_program, print_program
from cora.lower.branches import MergeBlocks
from cora.lower.clean_up import CleanUp
from cora.lower.dead_code import RemoveDead
from cora.lower.fold_inserts import FoldInserts
from cora.lower.fuse_checksums import FuseChecksums
from cora.lower.fuse_rmw import FuseReadModifyWrite
from cora.lower.guard_writes import GuardWrites
from cora.lower.passes import Pass
from cora.lower.propagate import Propagate
from cora.lower.unused_states import DropUnusedStates

HEAD = """program small for "pna-b"
header h: a:16 b:16
register r [index:32] -> (value:32) capacity 8
flow_table t [k:16] -> ($profile:8, s:8) capacity 16 idle (1000, 2000)
body body

block entry
  goto body
"""


def after(each: Pass, blocks: str, head: str = HEAD) -> str:
    """The blocks behind the entry, as the pass left them."""
    return print_program(each.run(parse_program(head + blocks))).split("goto body\n", 1)[1].strip()


def test_propagate() -> None:
    done = after(
        Propagate(),
        """
block body
  a:16 = 5:16
  b:16 = a:16
  h.a:16 = b:16 + h.b:16
  c:16 = h.b:16
  emit h
  forward c:16
""",
    )
    assert (
        done
        == """block body
  a:16 = 5:16
  b:16 = 5:16
  h.a:16 = 5:16
  emit h
  forward 0:16"""
    )


def test_propagate_learns_from_branches() -> None:
    done = after(
        Propagate(),
        """
block body
  (t.hit:1, p:8, s:8) = lookup t [$port:16]
  if t.hit:1 & (s:8 == 3:8) then yes else no

block yes
  forward zext(s:8, 16) + zext(t.hit:1, 16)

block no
  drop no
""",
    )
    assert "forward 4:16" in done


def test_remove_dead() -> None:
    done = after(
        RemoveDead(),
        """
block body
  x:16 = h.a:16
  y:16 = $port:16
  (v:32) = read r [0:32]
  write r [1:32] (7:32)
  forward y:16
""",
    )
    assert (
        done
        == """block body
  y:16 = $port:16
  write r [1:32] (7:32)
  forward y:16"""
    )


def test_merge_blocks_keeps_the_body_apart() -> None:
    program = MergeBlocks().run(
        parse_program(
            HEAD
            + """
block body
  x:16 = 1:16
  goto empty

block empty
  goto last

block last
  if 1:1 then out else nowhere

block nowhere
  drop nowhere

block out
  forward x:16
"""
        )
    )
    assert [b.name for b in program.blocks] == ["entry", "body"]
    assert program.body == "body"


def test_thread_jumps() -> None:
    done = after(
        CleanUp(),
        """
block body
  if $port:16 == 1:16 then a else b

block a
  d:1 = 1:1
  goto c

block b
  d:1 = 0:1
  write r [0:32] (1:32)
  goto c

block c
  if d:1 then e else f

block e
  drop e

block f
  forward 1:16
""",
    )
    assert (
        done
        == """block body
  if $port:16 == 1:16 then a else b

block a
  drop e

block b
  write r [0:32] (1:32)
  forward 1:16"""
    )


def test_fuse_read_modify_write() -> None:
    done = after(
        FuseReadModifyWrite(),
        """
block body
  (x:32) = read r [zext($port:16, 32)]
  y:32 = x:32 + 1:32
  write r [zext($port:16, 32)] (y:32)
  forward y:32[15..0]
""",
    )
    assert (
        done
        == """block body
  (x:32) = rmw r [zext($port:16, 32)] (x:32 + 1:32)
  y:32 = x:32 + 1:32
  forward y:32[15..0]"""
    )


def test_fuse_read_modify_write_leaves_other_cells() -> None:
    body = """
block body
  i:32 = zext($port:16, 32)
  (x:32) = read r [i:32]
  i:32 = i:32 + 1:32
  write r [i:32] (x:32)
  forward 1:16
"""
    assert "rmw" not in after(FuseReadModifyWrite(), body)


def test_fuse_checksums() -> None:
    done = after(
        FuseChecksums(),
        """
block body
  s:16 = checksum 0:16 plus () minus (h.a:16)
  x:16 = h.b:16
  s:16 = checksum s:16 plus (x:16) minus (h.b:16)
  forward ~s:16
""",
    )
    assert (
        done
        == """block body
  x:16 = h.b:16
  s:16 = checksum 0:16 plus (x:16) minus (h.a:16, h.b:16)
  forward ~s:16"""
    )


def test_fuse_checksums_leaves_padded_words() -> None:
    body = """
block body
  s:16 = checksum 0:16 plus ($time:64[7:0])
  s:16 = checksum s:16 plus (h.b:16)
  forward s:16
""".replace("[7:0]", "[7..0]")
    assert "checksum s:16" in after(FuseChecksums(), body)


def test_guard_writes() -> None:
    done = after(
        GuardWrites(),
        """
block body
  (t.hit:1, p:8, s:8) = lookup t [$port:16]
  if t.hit:1 then found else out

block found
  update t [$port:16] field s (4:8)
  update t [$port:16] field $profile (p:8)
  touch t [$port:16]
  goto out

block out
  forward 1:16
""",
    )
    assert (
        done.split("block out")[0].strip()
        == """block body
  (t.hit:1, p:8, s:8) = lookup t [$port:16]
  if t.hit:1 then found else out

block found
  if s:8 != 4:8 then found_write else found_written

block found_write
  update t [$port:16] field s (4:8)
  goto found_written

block found_written
  touch t [$port:16]
  goto out"""
    )


def test_guard_writes_forgets_what_another_key_may_have_changed() -> None:
    body = """
block body
  (t.hit:1, p:8, s:8) = lookup t [$port:16]
  update t [h.a:16] field s (9:8)
  update t [$port:16] field s (4:8)
  forward 1:16
"""
    assert "_write" not in after(GuardWrites(), body)


def test_fold_inserts() -> None:
    done = after(
        FoldInserts(),
        """
block body
  (st:8) = insert t [$port:16] (1:8, 0:8)
  if st:8 != 0:8 then full else ok

block full
  drop full

block ok
  update t [$port:16] field s (zext($port:16, 8))
  forward 1:16
""",
    )
    assert "(1:8, zext($port:16, 8))" in done
    assert "update" not in done


def test_fold_inserts_not_where_the_insert_failed() -> None:
    body = """
block body
  (st:8) = insert t [$port:16] (1:8, 0:8)
  if $time:64 == 0:64 then a else b

block a
  update t [$port:16] field s (1:8)
  forward 1:16

block b
  forward 2:16
"""
    assert "update" in after(FoldInserts(), body)


def test_drop_unused_states() -> None:
    program = DropUnusedStates().run(
        parse_program(
            HEAD
            + """
block body
  write r [0:32] (1:32)
  forward 1:16
"""
        )
    )
    assert [s.name for s in program.states] == ["r"]
