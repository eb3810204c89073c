#include <core.p4>
control C();
package Box(C c);
control Mine() { apply { } }
Box(Mine()) main;
