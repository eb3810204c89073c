// Entries need a key.
#include <core.p4>

control C() {
    table none {
        actions = { NoAction; }
        entries = {
            _ : NoAction(); //~ C0230 'none' has entries and no key
        }
    }
    table empty {
        key = { }
        actions = { NoAction; }
        const entries = {
            1 : NoAction(); //~ C0230
        }
    }
    apply {
        none.apply();
        empty.apply();
    }
}
