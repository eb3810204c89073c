// Arguments of packages: instances, of the right kind, with the right parameters.
#include <core.p4>

control Pipe<T>(in T x);
control Fixed(in bit<8> x);
package One(Fixed f);
package Two<T>(Pipe<T> a, Pipe<T> b);
control byte(in bit<8> x) { apply { } }
control wide(in bit<16> x) { apply { } }
control both(inout bit<8> x) { apply { } }
control more(in bit<8> x, in bit<8> y) { apply { } }
parser prs(in bit<8> x) { state start { transition accept; } }
One(byte()) a;
One(wide()) b; //~ C0240
One(both()) c; //~ C0240
One(more()) d; //~ C0240
One(prs()) e; //~ C0240 a control is needed
One(byte) f; //~ C0225
One(5) g; //~ C0207
One() h; //~ C0217
One(byte(), byte()) i; //~ C0217
Two(byte(), wide()) j; //~ C0240
Two<bit<16>>(byte(), byte()) k; //~ C0240 //~ C0240
Two(wide(), wide()) l;
