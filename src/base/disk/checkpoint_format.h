/* checkpoint_format.h - what the bytes of a state are: named sections, each with a checksum.
 * SPDX-License-Identifier: MIT
 *
 *   offset 0   8  "mienkept"
 *          8   4  version of the format, 1
 *         12   4  0x01020304: bytes stand in the order of the machine
 *         16   4  bytes of the identity
 *         20   4  sections
 *         24   4  CRC-32 of the 24 bytes above and of the identity
 *         28   4  0
 *         32      the identity: "name: value" lines that say of what the sections are
 *   then every section:
 *          0   4  bytes of its name, 1 to 255
 *          4   4  CRC-32 of its rows
 *          8   8  rows
 *         16   8  bytes of a row
 *         24   4  CRC-32 of the 24 bytes above and of the name
 *         28   4  0
 *         32      name, rows
 * and nothing behind the last. A table says where the rows of each section are. */
#ifndef MIEN_CHECKPOINT_FORMAT_H
#define MIEN_CHECKPOINT_FORMAT_H

#include "base/disk/checkpoint.h"

enum { MIEN_IDENTITY_MOST = 1 << 16 }; /* bytes of an identity */

/* Where a section is: in memory of ours, in the caller's during a change, or in the file. */
typedef struct mien_kept_section {
    char name[MIEN_SECTION_NAME];
    size_t rows, row_bytes;
    uint32_t checksum; /* of its rows */
    void *own;         /* the table's */
    const void *lent;
    uint64_t offset;
} mien_kept_section;

typedef struct mien_kept {
    mien_kept_section *at;
    size_t count, capacity;
} mien_kept;

size_t mien_kept_bytes(const mien_kept_section *entry);

/* NULL where there is none. */
mien_kept_section *mien_kept_find(const mien_kept *table, const char *name);

/* One more, zero; NULL: no memory. */
mien_kept_section *mien_kept_add(mien_kept *table);

/* The table and what its entries own; it is empty then. */
void mien_kept_free(mien_kept *table);

/* Bytes offset .. offset + nbytes - 1 of a file. MIEN_ERR_IO with the reason in errno;
 * MIEN_ERR_FORMAT where it ends before. */
mien_status mien_read_at(int fd, uint64_t offset, void *to, size_t nbytes);

/* Whose a file of `size` bytes is, by how it begins: as every one of ours does, or cut off before
 * it could, or it is empty or zeros throughout, which holds nothing of anybody's and is what a loss
 * of power may leave of ours; in another way; or it cannot be told: the first word alone is wrong,
 * as where a bit was flipped, or is zeros, or it cannot be read. */
typedef enum mien_state_kind {
    MIEN_STATE_OURS,
    MIEN_STATE_OTHER,
    MIEN_STATE_UNKNOWN
} mien_state_kind;
mien_state_kind mien_state_look(int fd, uint64_t size);

/* Look through a file of `size` bytes: what it says is true, every checksum right. *table, empty
 * before, has its sections, *identity its identity, the caller's to free. Else both are empty:
 * MIEN_ERR_FORMAT with what is wrong in *damage, MIEN_ERR_IO with the reason in errno,
 * MIEN_ERR_NOMEM. */
mien_status mien_state_read(int fd, uint64_t size, mien_kept *table, char **identity,
                            const char **damage);

/* Write a whole file; rows that are in no memory go over from the file `from`. Offsets and
 * checksums of the entries are set to what they then are. MIEN_ERR_IO with the reason in errno,
 * MIEN_ERR_FORMAT where `from` became shorter, MIEN_ERR_NOMEM. */
mien_status mien_state_write(int fd, int from, const char *identity, mien_kept *table);

#endif
