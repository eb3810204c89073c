// Strings are only joined, and known at compile time.
extern void log(string text);

control C(inout bit<8> x) {
    string s = "a"; //~ C0204
    apply {
        if ("a" == "b") { x = 1; } //~ C0211
        log("a" + "b"); //~ C0211
        log("a" ++ 3); //~ C0213
        log(x); //~ C0207
        log("a" ++ "b");
    }
}
