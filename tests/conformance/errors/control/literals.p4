// Numbers that aren't written as P4 writes them.
const bit<8> a = 12abc; //~ C0106
const bit<8> b = 0xZZ; //~ C0106
const bit<8> c = 0b12; //~ C0106
const bit<8> d = 8z5; //~ C0106
const bit<8> e = 1.5; //~ C0107
const bit<8> f = 8 w 5; //~ C0107
const bit<8> g = 0xFF_00 >> 8;
const bit<8> h = 0o9; //~ C0106
