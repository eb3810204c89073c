#include <core.p4>
#include <psa_extra.p4>
