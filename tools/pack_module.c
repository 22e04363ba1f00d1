/* pack_module.c - a file as a page holds it: base64 of zlib, on standard output.
 * SPDX-License-Identifier: MIT
 *
 *   pack_module FILE        status 1: it cannot be read, or memory is out */
#include "base/deflate.h"
#include "base/disk/files.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    enum { MOST = 64 << 20 };
    mien_error err = {0};
    mien_text text = {0};
    char *bytes = NULL;
    size_t nbytes, used;
    if (argc != 2 || mien_file_read(argv[1], MOST, &bytes, &nbytes, &err)) {
        fprintf(stderr, "pack_module: %s\n", argc == 2 ? err.message : "pack_module FILE");
        return 1;
    }
    unsigned char *packed =
        mien_deflate((const unsigned char *)bytes, nbytes, MIEN_EFFORT_SMALL, &used);
    if (packed)
        mien_text_add_base64(&text, packed, used);
    bool good = packed && !text.failed && fputs(text.bytes, stdout) >= 0 && fflush(stdout) == 0;
    mien_free(packed);
    mien_free(bytes);
    mien_text_free(&text);
    return good ? 0 : 1;
}
