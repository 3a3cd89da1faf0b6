// The least that a program takes from its start to its end: linked statically, it does nothing.
int main() {}
