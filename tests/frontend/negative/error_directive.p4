#include <core.p4>
#ifndef TABLE_SIZE
#error "define TABLE_SIZE"
#endif
