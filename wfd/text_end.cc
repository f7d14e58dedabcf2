// Room of one huge page behind all code of wfd, and of the libraries inside it.  Linked last,
// behind the libraries.  See text_begin.cc.  Put nothing else here: it would lie outside of
// what moves.

asm(".pushsection .text,\"ax\",@progbits\n"
    ".fill 0x200000, 1, 0xcc\n"
    ".globl postern_text_end\n"
    "postern_text_end:\n"
    ".popsection");
