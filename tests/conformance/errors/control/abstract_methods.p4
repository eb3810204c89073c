// An object defines the abstract methods of its extern as they are declared, and nothing else.
extern E {
    E();
    abstract bit<8> f(in bit<8> x);
    void g();
}
control C() {
    E() none; //~ C0238 doesn't define the abstract method 'f'
    E() fine = {
        bit<8> f(in bit<8> x) { this.g(); return x; }
    };
    E() width = {
        bit<8> f(in bit<9> x) { return 1; } //~ C0238
    };
    E() direction = {
        bit<8> f(inout bit<8> x) { return x; } //~ C0238
    };
    E() result = {
        bool f(in bit<8> x) { return true; } //~ C0238
    };
    E() number = {
        bit<8> f() { return 1; } //~ C0238
    };
    E() extra = {
        bit<8> f(in bit<8> x) { return x; }
        void g() { } //~ C0238 has no abstract method 'g'
    };
    apply {
        this.g(); //~ C0222
    }
}
