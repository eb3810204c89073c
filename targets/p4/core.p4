// What every P4-16 program may use: errors, match kinds, packets. Written from the language's specification 1.2.5, section
// "P4 core library"; the order of the errors gives their codes.
#ifndef CORA_CORE_P4
#define CORA_CORE_P4

error {
    NoError,
    PacketTooShort,
    NoMatch,
    StackOutOfBounds,
    HeaderTooShort,
    ParserTimeout,
    ParserInvalidArgument
}

match_kind {
    exact,
    ternary,
    lpm
}

extern packet_in {
    // Reads a header (or, with the number of bits, one that has a varbit field) and moves on behind it.
    void extract<T>(out T hdr);
    void extract<T>(out T variableSizeHeader, in bit<32> variableFieldSizeInBits);
    T lookahead<T>();
    void advance(in bit<32> sizeInBits);
    // Of the packet, in bytes.
    bit<32> length();
}

extern packet_out {
    // Appends a header if it is valid; a structure, union or stack member by member.
    void emit<T>(in T hdr);
}

// Goes to the reject state with the error, if the check fails. For parsers.
extern void verify(in bool check, in error toSignal);

@noWarn("unused")
action NoAction() { }

extern bool static_assert(bool check, string message);
extern bool static_assert(bool check);

#endif
