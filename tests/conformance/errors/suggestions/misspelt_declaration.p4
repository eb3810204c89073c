// One error for a word that nearly begins a declaration, and none for what follows.
headr h_t { //~ C0107 expected a declaration, but here is 'headr'
    bit<8> a;
}
contrl C(inout bit<8> x) { //~ C0107 'contrl'
    apply {
        x = 1;
    }
}
control Right(inout bit<8> x) {
    apply { x = 2; }
}
