// The control isn't closed: said where that shows, once.
control C(inout bit<8> x) {
    apply {
        x = 1;
    }

const bit<8> ONE = 1; //~ C0107 a control ends with its 'apply' block
const bit<8> TWO = 2;
