// Characters that aren't part of P4.
const bit<8> a = 'x'; //~ C0103
const bit<8> b = 1 $ 2; //~ C0103
const string c = "open; //~ C0103
