// The labels for an enum are its members.
enum Color { red, green }
enum Taste { sweet }
enum bit<4> Size { small = 1, big = 2 }

control C(in Color color, in Size size) {
    apply {
        switch (color) {
            Color.red: { }
            Taste.sweet: { } //~ C0207
            Color.blue: { } //~ C0203
            1: { } //~ C0207
        }
        switch (size) {
            Size.small: { }
            Size.small: { } //~ C0228
            4w2: { } //~ C0207
        }
    }
}
