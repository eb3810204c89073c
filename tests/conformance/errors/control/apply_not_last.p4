// The apply block is the last part of a control.
control C(inout bit<8> x) {
    apply { x = 1; }
    action a() { x = 2; } //~ C0107 a control ends with its 'apply' block
}
