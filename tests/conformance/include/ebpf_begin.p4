// What the filters of the suite begin with: two headers. The program's control is `Test`; ebpf_end.p4 has `main`.
#include <core.p4>
#include <ebpf_model.p4>

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

header ip_t {
    bit<32> src;
    bit<32> dst;
}

struct headers_t {
    eth_t eth;
    ip_t ip;
}
