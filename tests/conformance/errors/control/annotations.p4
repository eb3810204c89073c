// The bodies of annotations that P4 defines, and structured ones.
@name(5) const bit<8> a = 1; //~ C0246 @name needs one string
@name("a", "b") const bit<8> b = 1; //~ C0246
@name() const bit<8> c = 1; //~ C0246
@hidden(1) const bit<8> d = 1; //~ C0246
@mine[1, k = 2] const bit<8> e = 1; //~ C0246
@mine[k = 1, k = 2] const bit<8> f = 1; //~ C0246
@mine(anything { goes } here, "even" [this]) const bit<8> g = 1;
@mine[k = 1, l = "x"] const bit<8> h = 1;
