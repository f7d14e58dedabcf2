// Room of one huge page before all code of wfd.  Linked first; the section's name puts it before
// the others.  See forkable.h.  Nothing here is ever executed: these bytes trap on x86, and are
// no instruction on arm64.

asm(".pushsection .text.unlikely.begin,\"ax\",@progbits\n"
    ".globl postern_text_begin\n"
    "postern_text_begin: .fill 0x200000, 1, 0xcc\n"
    ".popsection");
