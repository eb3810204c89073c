"""Every diagnostic code, its short name and the page that explains it. Codes are stable: never reuse one.

Ranges: C01xx reading P4, C02xx names and types, C03xx architecture and lowering, C04xx network functions (nf.yaml,
entries), C05xx traffic files, C06xx models and planning, C07xx splitting and code generation, C08xx kernel and lab,
C09xx bundles.
Each range is one mapping below, kept in numeric order.
"""

from __future__ import annotations

P4_SYNTAX: dict[str, str] = {
    "C0101": "The program's file can't be read, or isn't text in UTF-8.",
    "C0102": "An #include names a file that isn't in any of the include folders.",
    "C0103": "A character isn't part of P4, or a string doesn't end on its line.",
    "C0104": "The program's own #error was reached: what it includes or defines doesn't suit it.",
    "C0105": "The preprocessor can't make sense of a directive.",
    "C0106": "A number isn't written as P4 writes numbers, or has a width that makes no sense.",
    "C0107": "The program's syntax is wrong: something else must stand here.",
    "C0108": "A keyword of P4 is used as a name.",
    "C0109": "Expressions, types or statements are nested too deeply, or one expression has too many operators.",
    "C0110": "A table has a property twice.",
}
P4_TYPES: dict[str, str] = {
    "C0201": "A name isn't declared, or is declared only further down.",
    "C0202": "A name is declared twice in the same place.",
    "C0203": "A value or type has no field, member or method of that name.",
    "C0204": "Something that isn't a type stands for one, or a type stands where it can't be used.",
    "C0205": "A width, size or value in a declaration is missing or out of range.",
    "C0206": "A number of type arguments is wrong.",
    "C0207": "A value has another type than the place it stands in needs, and P4 doesn't convert it by itself.",
    "C0208": "A warning: a number doesn't fit into its type and loses bits.",
    "C0209": "A list of values or a structure has too few or too many parts.",
    "C0210": "The two sides of an operator have different types.",
    "C0211": "An operator, slice or index doesn't work on this type.",
    "C0212": "A division by zero.",
    "C0213": "A number needs a width here, and nothing says which.",
    "C0214": "A cast that P4 doesn't have.",
    "C0215": "Something that isn't a variable is written.",
    "C0216": "A parameter that can only be read is written.",
    "C0217": "A call has the wrong number of arguments.",
    "C0218": "An argument or field has a name that doesn't exist, or is given twice.",
    "C0219": "An argument `_` for a parameter that isn't 'out'.",
    "C0220": "A value must be known at compile time and isn't.",
    "C0221": "A type parameter of a call can't be inferred from its arguments.",
    "C0222": "Something that is no function is called, or something without a constructor is instantiated.",
    "C0223": "A statement or call stands where P4 doesn't allow it (a table in an action, a loop in a parser ...).",
    "C0224": "A set of values (a range or mask) stands where one value is needed.",
    "C0225": "A type's name stands where a value is needed.",
    "C0226": "An index or slice is out of bounds.",
    "C0227": "A function returns nothing, or something returns a value that can't.",
    "C0228": "A switch has the same label twice.",
    "C0229": "There is no such action, or it isn't one of the table's.",
    "C0230": "A key of a select or a table entry has the wrong number of parts.",
    "C0231": "A range whose lower end is above its upper end.",
    "C0232": "A table without actions.",
    "C0233": "A match kind that neither P4 nor the architecture has.",
    "C0234": "A warning: a table property that Cora doesn't know has no effect.",
    "C0235": "A parser without the state 'start'.",
    "C0240": "A parser or control doesn't fit the architecture: its parameters differ from what the package needs.",
    "C0241": "The program has no 'main'.",
    "C0242": "The program's package belongs to an architecture that Cora doesn't know.",
}
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
