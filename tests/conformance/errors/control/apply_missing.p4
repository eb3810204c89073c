// A control has an apply block.
control C(inout bit<8> x) {
    action a() { x = 1; }
} //~ C0107 the control has no 'apply' block
