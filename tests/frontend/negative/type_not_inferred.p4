#include <core.p4>
extern T make<T>();
control C(inout bit<8> x) {
    apply {
        x = make();
        x = make<bit<8>, bit<8>>();
    }
}
