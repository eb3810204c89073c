// Programs for dpdk say `#include <dpdk/psa.p4>`: it is the same architecture.
#include "../psa.p4"
