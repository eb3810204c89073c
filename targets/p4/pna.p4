// The Portable NIC Architecture. Programs of two generations say `#include <pna.p4>`, and they differ: Cora looks at how many
// blocks the program gives to PNA_NIC and defines CORA_PNA_B for three (PNA 0.7), nothing for four.
#ifndef CORA_PNA_P4
#define CORA_PNA_P4
#include <core.p4>
#ifdef CORA_PNA_B
#include "pna_b.p4"
#else
#include "pna_a.p4"
#endif
#endif
