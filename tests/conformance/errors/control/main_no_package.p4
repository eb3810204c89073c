// `main` is the package.
const bit<8> main = 1; //~ C0241 'main' is a const
