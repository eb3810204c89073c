// Compound assignments are checked as the operator is.
control C(in bit<8> i, inout bit<8> x, inout bit<9> y, inout bool b, inout int<8> z) {
    apply {
        i += 1; //~ C0216
        x += y; //~ C0210
        b += 1; //~ C0211
        x <<= -1; //~ C0211
        z /= 2; //~ C0211
        x /= 0; //~ C0212
        x[3:0] += 8w1; //~ C0210
        x |+|= z; //~ C0210
        x += 1;
    }
}
