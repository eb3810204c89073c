// Functions neither exit, nor call what may exit, nor apply anything.
control D() { apply { } }
action bye() { exit; }
void f() {
    exit; //~ C0223 'exit' in a function
}
void g() {
    bye(); //~ C0223 an action is called in a function
}
void h() {
    D.apply(); //~ C0223 a control is applied in a function
}
control C() {
    apply { exit; }
}
