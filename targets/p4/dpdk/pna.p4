// Programs for dpdk say `#include <dpdk/pna.p4>`: it is the same architecture.
#include "../pna.p4"
