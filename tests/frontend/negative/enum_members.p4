#include <core.p4>
enum bit<8> kind_t { A = 1, B }
enum plain_t { A, B = 2 }
const kind_t K = kind_t.C;
const kind_t L = 1;
