// Actions of one table have different names, also if they come from different scopes.
action a() { }
action b() { }

control C() {
    action a() { }
    table scopes {
        actions = { a; .a; } //~ C0202 the action 'a' stands in the table twice
    }
    table same {
        actions = {
            b;
            b; //~ C0202
        }
    }
    apply {
        scopes.apply();
        same.apply();
    }
}
