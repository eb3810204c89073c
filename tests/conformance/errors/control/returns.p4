// Functions give what they say on every way; nothing else gives anything.
bit<8> nothing(in bit<8> x) { } //~ C0227 may end without a result
bit<8> one_way(in bit<8> x) { //~ C0227
    if (x == 1) { return 2; }
}
bit<8> no_default(in bit<8> x) { //~ C0227
    switch (x) {
        1: { return 2; }
    }
}
bit<8> falls_out(in bit<8> x) { //~ C0227
    switch (x) {
        1: { return 2; }
        default:
    }
}
bit<8> in_loop(in bit<8> x) { //~ C0227
    for (bit<8> i = 0; i < 3; i += 1) { return i; }
}
bit<8> all_ways(in bit<8> x) {
    switch (x) {
        1: { return 2; }
        2:
        default: {
            if (x == 3) { return 4; } else { return 5; }
        }
    }
}
bit<8> empty() { return; } //~ C0227
bit<8> wrong() { return true; } //~ C0207
void none() { return 1; } //~ C0227
control C() {
    action a() { return 1; } //~ C0227
    apply { return 1; } //~ C0227
}
