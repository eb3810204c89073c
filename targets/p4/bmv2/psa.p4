// Programs for bmv2 say `#include <bmv2/psa.p4>`: it is the same architecture.
#include "../psa.p4"
