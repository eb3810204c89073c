// Methods of objects: names, arguments, type parameters; objects are no values.
extern E<T> {
    E();
    void put(in T x);
    T get<S>(in S x);
}
extern T any<T>();
extern void both<T>(in T a, in T b);
extern void known(bit<8> n);

control C(inout bit<8> x, in bit<16> y) {
    E<bit<8>>() e;
    E() unknown; //~ C0221
    E<bit<8>, bit<8>>() two; //~ C0206
    apply {
        e.pot(x); //~ C0203 has no method 'pot'
        e.put(y); //~ C0207
        e.put(); //~ C0217
        x = e.get<bit<8>, bit<8>>(1); //~ C0206
        x = any(); //~ C0221
        both(x, y); //~ C0207
        both(1, 2); //~ C0213
        known(x); //~ C0220
        known(3);
        x = e; //~ C0207
        if (e == e) { x = 1; } //~ C0211
    }
}
