#include <core.p4>
extern bit<8> pick<T>(in T a, in bit<8> n);
control C(inout bit<8> x) {
    action set(in bit<8> v, in bit<8> w) { x = v + w; }
    apply {
        set(x);
        set(x, 1, 2);
        set(v = x, u = 2);
        x = pick(5, x);
        x = pick(a = x, a = x);
    }
}
