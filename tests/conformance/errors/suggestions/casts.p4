// What is suggested has to work: a cast takes only the first operand of an operator.
const bit<8> BOTH = 8w1 ++ 8w2; //~ C0207
const bit<16> SUM = 8w1 + 8w2; //~ C0207
const bool SET = 8w1 & 8w2; //~ C0207
