"""Every diagnostic code, its short name and the page that explains it. Codes are stable: never reuse one.

Ranges: C01xx reading P4, C02xx names and types, C03xx architecture and lowering, C04xx network functions (nf.yaml,
entries), C05xx traffic files, C06xx models and planning, C07xx splitting and code generation, C08xx kernel and lab,
C09xx bundles.
Each range is one mapping below, kept in numeric order.
"""

from __future__ import annotations

P4_SYNTAX: dict[str, str] = {}
P4_TYPES: dict[str, str] = {}
LOWERING: dict[str, str] = {
    "C0390": "The text of an IR program has a word or sign where another must stand.",
    "C0391": "The text of an IR program declares a name twice.",
    "C0392": "The text of an IR program is well written, but the program breaks a rule of the IR.",
}
NF: dict[str, str] = {
    "C0401": "An nf.yaml, an entries.yaml or another YAML text of a network function is not valid YAML, or is empty.",
    "C0402": "A YAML file of a network function has a key that isn't known there, or the same name twice.",
    "C0403": "A value in a YAML file of a network function has the wrong type, or is no word allowed there.",
    "C0404": "A YAML file of a network function lacks a key that must be there.",
    "C0405": "A number in a YAML file of a network function is out of range.",
    "C0406": "A file that belongs to a network function doesn't exist or can't be read.",
    "C0407": "There is no network function of that name or at that path.",
    "C0408": "The way in which captured packets get their ports is contradictory.",
    "C0410": "Entries name a table or register that the program doesn't have, or that only the data plane writes.",
    "C0411": "An entry names an action, a parameter or a key field that the table doesn't have.",
    "C0412": "An entry lacks a parameter of its action, or the value of an exact key field.",
    "C0413": "A value in an entry is not written as its field needs it.",
    "C0414": "A value in an entry doesn't fit into the bits of its field.",
    "C0415": "An entry has a part that makes no sense there: a priority or match on a default, a priority without use.",
    "C0416": "A table or register refuses an entry: it is full, or has const entries.",
    "C0430": "A line of a packet test (STF) can't be understood.",
    "C0431": "A packet test (STF) names a table, action, counter or register that the program doesn't have.",
    "C0432": "A packet test (STF) failed: other packets came out, or a counter or register has another value.",
}
TRAFFIC: dict[str, str] = {
    "C0501": "The capture file cannot be read.",
    "C0502": "The file is not a pcap or pcapng capture.",
    "C0503": "The capture file ends in the middle of a packet; the packets before it are good.",
    "C0504": "The capture file is corrupt; the packets before the damage are good.",
    "C0505": "The packets of the capture have a link type that cannot be turned into Ethernet frames.",
    "C0506": "The compressed data of the capture are damaged or end too early.",
    "C0507": "The capture holds no packets.",
    "C0510": "The description of generated traffic has an unknown key or a value that makes no sense.",
    "C0511": "The rule that gives ports to captured packets makes no sense.",
}
PLANNING: dict[str, str] = {
    "C0601": "A model file is not valid YAML, or is empty.",
    "C0602": "A model file has a key that its schema doesn't know, or the same key twice.",
    "C0603": "A model file lacks a key that its schema needs.",
    "C0604": "A value in a model file has the wrong form, or is not one of the words allowed there.",
    "C0605": "A number in a model file has a unit that doesn't exist or measures something else.",
    "C0606": "A number in a model file lacks its origin: source, confidence, or the range of an assumption.",
    "C0607": "There is no model of that name.",
    "C0608": "The parts of a model file don't fit together: an unknown engine, a link outwards, a host that runs nothing.",
    "C0620": "No plan is feasible: the message names the constraints that conflict (exit status 3).",
    "C0621": "A plan request names a strategy, state, stage, engine or rate that doesn't exist or makes no sense.",
    "C0622": "A plan file was written with another version of the plan's schema.",
    "C0623": "A plan file is not JSON of the plan's form.",
    "C0624": "The traffic profile has no packets, or belongs to another program than the one to plan.",
}
SPLIT: dict[str, str] = {
    "C0750": "A value is wider than XDP programs can handle (128 bits).",
    "C0751": "A table with ternary, range or optional keys has more rows than an XDP program can scan.",
    "C0752": "A division or random number of more than 64 bits, which XDP programs can't compute.",
    "C0753": "The parser may advance to a place between bytes, which XDP programs can't read from.",
    "C0754": "A digest has more fields than an XDP program can send.",
}
KERNEL: dict[str, str] = {
    "C0800": "This machine can't run programs in the kernel: the message says what is missing.",
    "C0801": "No C compiler for BPF was found: clang 16 or newer, or the ziglang package.",
    "C0802": "The kernel refused to load a program because rights are missing.",
    "C0803": "Rows of a table with a prefix have different priorities, which its map in the kernel can't express.",
    "C0804": "A table has more rows than the XDP program scans.",
    "C0805": "The kernel's verifier refused a generated program; the message has its decisive line.",
    "C0806": "A frame is too short or too long to be run in the kernel.",
}
BUNDLE: dict[str, str] = {
    "C0901": "A file named on the command line does not exist.",
    "C0902": "The folder for the bundle holds something else.",
    "C0903": "The bundle cannot be written there.",
    "C0904": "A bundle's manifest is missing or damaged.",
    "C0905": "A bundle was made by a version of Cora with another schema.",
    "C0906": "A file of a bundle is missing or was changed after the bundle was made.",
}

CATALOG: dict[str, str] = P4_SYNTAX | P4_TYPES | LOWERING | NF | TRAFFIC | PLANNING | SPLIT | KERNEL | BUNDLE
"""Code -> one sentence that says what it means; `cora explain-code` prints it."""
