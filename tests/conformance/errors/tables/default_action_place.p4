// The default action stands below the list of actions.
control C() {
    action a() { }
    table t {
        default_action = a; //~ C0107 the default action stands before the list of actions
        actions = { a; }
    }
    apply { t.apply(); }
}
