# SPDX-License-Identifier: MIT
"""image_variants.py - every variant of the image formats that mien reads, and the greys that should come.

Usage: python3 tools/reference/image_variants.py   writes tests/reference/images.pack
Needs: python3-numpy python3-pil libjpeg-turbo-progs

Files are made here, by Pillow, by cjpeg, or byte by byte. What should come is Pillow's reading of them, laid over
black and made grey as mien does it; where Pillow reads another thing than was written (or nothing), what was written. A
file whose compressed pixels end early, or of a kind that is not read, should be refused with the word that is given.

images.pack: the length of the rest as eight bytes (little endian), and the rest through zlib: for each file a line "name want width height depth tolerance bytes", then its bytes, then the
greys, height x width of one byte or two (big endian). want: "load", or the word of the refusal; then no greys.
tests/test_variants.c reads it.
"""
import io
import itertools
import pathlib
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image

PACK = pathlib.Path(__file__).resolve().parents[2] / "tests/reference/images.pack"
W, H = 21, 13
yy, xx = np.mgrid[0:H, 0:W]
COLOR = np.stack([(xx * 12) % 256, (yy * 19) % 256, ((xx + yy) * 7) % 256], -1).astype("u1")
GREY = ((xx * 11 + yy * 5) % 256).astype("u1")
GREY[0, :8] = range(248, 256)
ENTRIES = []


def luma(rgb):
    """Rec. 601 rounded, of R, G, B or R, G, B, alpha over black."""
    rgb = np.asarray(rgb).astype(np.int64)
    sums = 299 * rgb[..., 0] + 587 * rgb[..., 1] + 114 * rgb[..., 2]
    if rgb.shape[-1] == 3:
        return (sums + 500) // 1000
    return (sums * rgb[..., 3] + 127500) // 255000


def by_pillow(data):
    return luma(np.array(Image.open(io.BytesIO(data)).convert("RGBA")))


def load(name, data, expected=None, tolerance=0, depth=8):
    """A file to be read; without `expected`, as Pillow reads it."""
    expected = by_pillow(data) if expected is None else np.asarray(expected)
    ENTRIES.append((name, "load", expected, depth, tolerance, data))


def refuse(name, data, word):
    ENTRIES.append((name, word, None, 8, 0, data))


# ---------------------------------------------------------------- BMP

def bmp(bits, pixels, header=40, compression=0, palette=b"", masks=(), n_colors=0, gap=0, height=H, offset=None):
    """masks behind a header of 40 bytes, within a longer one."""
    if header == 12:
        head = struct.pack("<IHHHH", 12, W, height, 1, bits)
    else:
        words = b"".join(struct.pack("<I", m) for m in masks)
        head = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, compression, len(pixels), 2835, 2835,
                           n_colors, 0)[:header]
        if header == 40:
            head += words
        elif header > 40:
            head = (head + words).ljust(header, b"\0")
    start = 14 + len(head) + len(palette) + gap
    place = start if offset is None else offset
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, place) + head + palette + b"\xee" * gap + pixels


def rows(values, bits):
    """Rows of indices or words, the last row first, padded to four bytes."""
    out = b""
    for row in values[::-1]:
        if bits == 1:
            line = np.packbits(row.astype("u1")).tobytes()
        elif bits == 4:
            even = np.append(row, [0] * (len(row) % 2)).astype("u1")
            line = bytes(even[::2] << 4 | even[1::2])
        elif bits == 8:
            line = bytes(row.astype("u1"))
        elif bits == 24:
            line = bytes(row[:, ::-1].astype("u1"))
        else:
            line = row.astype("<u2" if bits == 16 else "<u4").tobytes()
        out += line.ljust((len(line) + 3) // 4 * 4, b"\0")
    return out


def pack_word(rgba, masks):
    """Each channel's highest bits where the mask is."""
    word = np.zeros(rgba.shape[:2], np.int64)
    for c, mask in enumerate(masks):
        if mask:
            low = (mask & -mask).bit_length() - 1
            size = mask.bit_length() - low
            value = rgba[..., c].astype(np.int64)
            word |= (value >> (8 - size) if size <= 8 else value << (size - 8) | value >> (16 - size)) << low
    return word


def unpack_word(word, masks):
    out = []
    for c, mask in enumerate(masks):
        if not mask:
            out.append(np.full(word.shape, 255))
            continue
        low = (mask & -mask).bit_length() - 1
        full = mask >> low
        out.append((((word & mask) >> low) * 255 * 2 + full) // (2 * full))
    return np.stack(out, -1)


def run_lengths(index, bits, how):
    out = b""
    for y, row in enumerate(index[::-1]):
        x = 0
        while x < W:
            if how == "runs":
                n = 1
                while x + n < W and row[x + n] == row[x] and n < 255:
                    n += 1
                out += bytes((n, int(row[x]) * (17 if bits == 4 else 1)))
            else:
                n = min(W - x, 7) if W - x >= 3 else 1
                if n < 3:
                    out += bytes((1, int(row[x]) * (17 if bits == 4 else 1)))
                else:
                    part = [int(v) for v in row[x:x + n]]
                    data = bytes(part) if bits == 8 else bytes(
                        part[k] << 4 | (part[k + 1] if k + 1 < n else 0) for k in range(0, n, 2))
                    out += bytes((0, n)) + data + b"\0" * (len(data) % 2)
            x += n
        out += b"\0\0" if y + 1 < H else b"\0\1"
    return out


def make_bmp():
    rgba = np.concatenate([COLOR, ((xx * 9 + yy) % 256)[..., None]], -1)
    for header in (12, 16, 40, 52, 56, 64, 108, 124):
        size = 3 if header == 12 else 4
        for bits in (1, 4, 8):
            n = 1 << bits
            index = (xx // 2 + yy * 3) % n if bits < 8 else GREY
            entries = np.array([[(k * 37 + 20) % 256, k * 255 // (n - 1), 255 - k * 200 // (n - 1)]
                                for k in range(n)], "u1")
            palette = b"".join(bytes(e) + b"\xaa" * (size - 3) for e in entries)
            expected = luma(entries[index][..., ::-1])
            load(f"bmp-{header}-{bits}bit", bmp(bits, rows(index, bits), header, palette=palette), expected)
            if header == 40:
                load(f"bmp-{bits}bit-top-down", bmp(bits, rows(index[::-1], bits), palette=palette, height=-H), expected)
                load(f"bmp-{bits}bit-gap", bmp(bits, rows(index, bits), palette=palette, gap=51), expected)
                load(f"bmp-{bits}bit-ncol", bmp(bits, rows(index, bits), palette=palette, n_colors=n), expected)
                load(f"bmp-{bits}bit-no-offset", bmp(bits, rows(index, bits), palette=palette, offset=0), expected)
                few = (1 << bits) - 1 if bits < 8 else 100
                load(f"bmp-{bits}bit-few-colours", bmp(bits, rows(index % few, bits), palette=palette[:4 * few],
                                                       n_colors=few), luma(entries[index % few][..., ::-1]))
        load(f"bmp-{header}-24bit", bmp(24, rows(COLOR, 24), header), luma(COLOR))
        if header == 12:
            continue
        usual = (0xff0000, 0xff00, 0xff, 0xff000000)
        load(f"bmp-{header}-32bit-reserved-byte", bmp(32, rows(pack_word(rgba, usual), 32), header), luma(COLOR))
        word = pack_word(rgba, (0x7c00, 0x3e0, 0x1f, 0x8000))
        load(f"bmp-{header}-16bit", bmp(16, rows(word, 16), header),
             luma(unpack_word(word, (0x7c00, 0x3e0, 0x1f))), 1)
    kinds = [(16, (0xf800, 0x7e0, 0x1f)), (16, (0x7c00, 0x3e0, 0x1f)), (16, (0xf00, 0xf0, 0xf)), (16, (0xe0, 0x1c, 3)),
             (32, (0xff0000, 0xff00, 0xff)), (32, (0xff, 0xff00, 0xff0000)), (32, (0xff000000, 0xff0000, 0xff00)),
             (32, (0x3ff00000, 0xffc00, 0x3ff)), (32, (0xffe00000, 0x1ffc00, 0x3ff)), (32, (0xf80000, 0xfc00, 0xf8))]
    for bits, masks in kinds:
        word = pack_word(rgba, masks)
        expected = luma(unpack_word(word, masks))
        for header in (40, 52, 56, 108, 124):
            load(f"bmp-{header}-{bits}bit-masks-{masks[0]:x}", bmp(bits, rows(word, bits), header, 3,
                                                                  masks=masks + (0,) * (header > 52)), expected, 1)
    for bits, masks in ((16, (0xf00, 0xf0, 0xf, 0xf000)), (32, (0xff0000, 0xff00, 0xff, 0xff000000)),
                        (32, (0xff, 0xff00, 0xff0000, 0xff000000)), (16, (0x7c00, 0x3e0, 0x1f, 0x8000))):
        word = pack_word(rgba, masks)
        for header in (56, 108, 124):
            load(f"bmp-{header}-{bits}bit-alpha-{masks[0]:x}-{masks[3]:x}",
                 bmp(bits, rows(word, bits), header, 3, masks=masks), luma(unpack_word(word, masks)), 1)
        load(f"bmp-40-{bits}bit-alpha-{masks[0]:x}-{masks[3]:x}", bmp(bits, rows(word, bits), 40, 6, masks=masks),
             luma(unpack_word(word, masks)), 1)
    load("bmp-24bit-masks", bmp(24, rows(COLOR, 24), 40, 3, masks=(0xff0000, 0xff00, 0xff)), luma(COLOR))
    for bits, code, how, header in itertools.product((8, 4), (0,), ("runs", "absolute"), (40, 64, 124)):
        n = 1 << bits
        index = (xx // 3 + yy) % n
        entries = np.array([[k * 255 // (n - 1)] * 3 + [0] for k in range(n)], "u1")
        load(f"bmp-rle{bits}-{how}-{header}", bmp(bits, run_lengths(index, bits, how), header, 1 if bits == 8 else 2,
                                                 palette=entries.tobytes()), entries[index][..., 0])
    greys = bytes(c for k in range(256) for c in (k, k, k, 0))
    skipping = b"\x03\x50\0\2\4\1\x02\x60" + b"\0\0" * (H - 2) + b"\0\1"  # three, right four and up one, two
    expected = np.zeros((H, W), int)
    expected[-1, :3], expected[-2, 7:9] = 0x50, 0x60
    load("bmp-rle8-delta", bmp(8, skipping, 40, 1, palette=greys), expected)
    body = run_lengths(GREY, 8, "runs")
    refuse("bmp-rle8-cut", bmp(8, body[:len(body) // 2], 40, 1, palette=greys), "pixels end early")
    refuse("bmp-rle8-cut-and-ended", bmp(8, body[:len(body) // 4 * 2] + b"\0\1", 40, 1, palette=greys), "pixels end early")
    refuse("bmp-8bit-cut", bmp(8, rows(GREY, 8)[:-9], palette=greys), "truncated")
    refuse("bmp-2bit", bmp(2, rows(GREY, 8), palette=greys[:16]), "convert it to PNG")
    refuse("bmp-png-inside", bmp(0, b"\x89PNG", 40, 5), "convert it to PNG")
    refuse("bmp-rle24", bmp(24, b"\0\1", 64, 4), "convert it to PNG")
    refuse("bmp-huffman", bmp(1, b"\0\1", 64, 3, palette=greys[:8]), "convert it to PNG")
    refuse("bmp-torn-masks", bmp(32, rows(GREY, 32), 40, 3, masks=(0xf0f000, 0xff, 0xff000000)), "convert it to PNG")


# ---------------------------------------------------------------- GIF

def lzw(pixels, n=8, clear_when_full=True, first_clear=True, end=True):
    clear = 1 << n
    table, size, current = {(k,): k for k in range(clear)}, n + 1, ()
    following, codes = clear + 2, [(clear, n + 1)] if first_clear else []
    for s in pixels:
        if current + (s,) in table:
            current += (s,)
            continue
        codes.append((table[current], size))
        if following < 4096:
            table[current + (s,)] = following
            following += 1
            if following - 1 == 1 << size and size < 12:
                size += 1
        elif clear_when_full:
            codes.append((clear, size))
            table, size, following = {(k,): k for k in range(clear)}, n + 1, clear + 2
        current = (s,)
    codes.append((table[current], size))
    if end:
        codes.append((clear + 1, size))
    word = bits = 0
    out = bytearray()
    for code, width in codes:
        word |= code << bits
        bits += width
        while bits >= 8:
            out.append(word & 255)
            word >>= 8
            bits -= 8
    out.append(word & 255)
    blocks = b"".join(bytes([len(out[k:k + 255])]) + bytes(out[k:k + 255]) for k in range(0, len(out), 255))
    return bytes([n]) + blocks + b"\0"


def gif(pixels, palette, local=None, place=(0, 0), canvas=(W, H), background=0, before=b"", data=None, interlaced=False,
        version=b"GIF89a", after=b";", bits=8):
    size = bits - 1
    head = version + struct.pack("<HHBBB", *canvas, (0xF0 if palette else 0x70) | size, background, 0) + palette + before
    flags = (0x80 | size if local else 0) | (0x40 if interlaced else 0)
    frame = b"," + struct.pack("<HHHHB", *place, pixels.shape[1], pixels.shape[0], flags) + (local or b"")
    if interlaced:
        order = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, pixels.shape[0], step)]
        pixels = pixels[order]
    return head + frame + (lzw([int(v) for v in pixels.ravel()], max(bits, 2)) if data is None else data) + after


def make_gif():
    greys = bytes(c for k in range(256) for c in (k, k, k))
    colors = bytes(c for k in range(256) for c in ((k * 7) % 256, 255 - k, (k * 3) % 256))
    table = np.frombuffer(colors, "u1").reshape(-1, 3)
    flat = [int(v) for v in GREY.ravel()]

    def control(index, flag=1, disposal=0):
        return b"!\xf9\x04" + bytes((disposal << 2 | flag, 0, 0, index)) + b"\0"

    for version in (b"GIF87a", b"GIF89a"):
        load(f"gif-{version[3:].decode()}", gif(GREY, colors, version=version), luma(table[GREY]))
    load("gif-interlaced", gif(GREY, colors, interlaced=True), luma(table[GREY]))
    for height in (1, 2, 3, 4, 5, 8, 9):
        load(f"gif-interlaced-{height}", gif(GREY[:height], colors, canvas=(W, height), interlaced=True),
             luma(table[GREY[:height]]))
    load("gif-local-colours", gif(GREY, greys, colors), luma(table[GREY]))
    load("gif-only-local-colours", gif(GREY, b"", colors), luma(table[GREY]))
    load("gif-no-colours", gif(GREY, b""), GREY)
    load("gif-comment-first", gif(GREY, colors, before=b"!\xfe\x05hello\0!\xff\x0bNETSCAPE2.0\3\1\0\0\0"), luma(table[GREY]))
    load("gif-no-trailer", gif(GREY, colors, after=b""), luma(table[GREY]))
    load("gif-litter-between", gif(GREY, colors, before=b"\0\0"), luma(table[GREY]))
    load("gif-two-frames", gif(GREY, colors, after=gif(GREY.T.reshape(H, W), colors)[13 + 768:]), luma(table[GREY]))
    for bits in range(1, 9):
        index = (xx + yy * 2) % (1 << bits)
        part = colors[:3 << bits]
        load(f"gif-{bits}bit", gif(index, part, bits=bits), luma(table[index]))
        if bits == 1:
            load("gif-code-size-1", gif(index, part, bits=1, data=lzw([int(v) for v in index.ravel()], 1)), luma(table[index]))
    load("gif-code-size-8-of-2-colours", gif(GREY % 2, colors[:6], bits=1, data=lzw([v % 2 for v in flat], 8)),
         luma(table[GREY % 2]))
    load("gif-no-first-clear", gif(GREY, colors, data=lzw(flat, first_clear=False)), luma(table[GREY]))
    load("gif-no-end-code", gif(GREY, colors, data=lzw(flat, end=False)), luma(table[GREY]))
    load("gif-more-pixels", gif(GREY, colors, data=lzw(flat + flat)), luma(table[GREY]))
    noise = np.random.default_rng(1).integers(0, 256, (70, 90))
    for name, clears in (("gif-table-full", True), ("gif-deferred-clear", False)):
        load(name, gif(noise, colors, canvas=(90, 70), data=lzw([int(v) for v in noise.ravel()], clear_when_full=clears)),
             luma(table[noise]))
    key = int(GREY[3, 3])
    load("gif-transparent", gif(GREY, colors, before=control(key)), np.where(GREY == key, 0, luma(table[GREY])))
    load("gif-transparent-not", gif(GREY, colors, before=control(key, 0)), luma(table[GREY]))
    part = GREY[2:9, 3:15]

    def on_canvas(fill, width=W, height=H):
        canvas = np.full((height, width), fill)
        canvas[2:9, 3:15] = luma(table[part])
        return canvas

    small = dict(place=(3, 2))
    shown = on_canvas(0)
    shown[2:9, 3:15][part == key] = 0
    load("gif-small-frame-transparent", gif(part, colors, before=control(key), **small), shown)
    load("gif-small-frame-transparent-background", gif(part, colors, background=key, before=control(key), **small), shown)
    load("gif-small-frame-background-0", gif(part, colors, **small), on_canvas(luma(table[0])))
    same = colors[:30] + colors[:3] + colors[33:]
    where = np.frombuffer(same, "u1").reshape(-1, 3)
    shown = np.full((H, W), luma(where[0]))
    shown[2:9, 3:15] = luma(where[part])
    load("gif-small-frame-background-same", gif(part, same, background=10, **small), shown)
    refuse("gif-small-frame-background-unlike", gif(part, colors, background=9, **small), "convert it to PNG")
    load("gif-frame-beyond-canvas", gif(part, colors, canvas=(8, 6), place=(3, 2)),
         on_canvas(luma(table[0]), 15, 9))
    load("gif-frame-larger", gif(GREY, colors, canvas=(8, 6)), luma(table[GREY]))
    load("gif-no-canvas", gif(GREY, colors, canvas=(0, 0)), luma(table[GREY]))
    for share in (0, .1, .5, .9, .99):
        refuse(f"gif-{share}-of-its-pixels", gif(GREY, colors, data=lzw(flat[:max(1, int(len(flat) * share))])), "end early")
    refuse("gif-last-pixel-missing", gif(GREY, colors, data=lzw(flat[:-1])), "end early")
    refuse("gif-huge-canvas", gif(GREY[:1, :1] * 0, greys[:6], canvas=(8191, 8191), bits=1), "cannot hold")
    refuse("gif-huge-frame", b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0xf0, 0, 0) + greys[:6] + b","
           + struct.pack("<HHHHB", 0, 0, 8191, 8191, 0) + b"\2\2\x4c\1\0;", "cannot hold")
    refuse("gif-without-frame", b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0xf0, 0, 0) + greys[:6] + b";", "no picture")


# ---------------------------------------------------------------- JPEG

PHOTO = np.stack([120 + 100 * np.sin(xx / 7.), 100 + 80 * np.cos(yy / 5.), 60 + 4 * xx], -1).clip(0, 255).astype("u1")
LARGE = np.stack([120 + 100 * np.sin(np.arange(45) / 9.)[None] + np.zeros((35, 1)),
                  100 + 80 * np.cos(np.arange(35) / 7.)[:, None] + np.zeros((1, 45)),
                  40 + np.arange(45)[None] * 3. + np.arange(35)[:, None]], -1).clip(0, 255).astype("u1")


def cjpeg(pixels, *options):
    kind = b"P6" if pixels.ndim == 3 else b"P5"
    head = kind + b"\n%d %d\n255\n" % (pixels.shape[1], pixels.shape[0])
    return subprocess.run(["cjpeg", "-quality", "92", *options], check=True, capture_output=True,
                          input=head + pixels.tobytes()).stdout


def jpeg(pixels, mode=None, **options):
    b = io.BytesIO()
    Image.fromarray(pixels, mode).save(b, "JPEG", quality=92, **options)
    return b.getvalue()


def segment(marker, data):
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def tiff(kind, raw, order=">", count=1):
    mark = b"MM\0*" if order == ">" else b"II*\0"
    inline = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(order + "I", 26)
    return (mark + struct.pack(order + "IHHHI", 8, 1, 0x112, kind, count) + inline + b"\0\0\0\0"
            + (raw if len(raw) > 4 else b""))


def orientations(value):
    """The number in every type of TIFF, in both byte orders."""
    codes = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
    for order, (kind, code) in itertools.product("><", codes.items()):
        values = (2 * value, 2) if len(code) == 2 else (value,)
        yield f"{order == '>' and 'big' or 'little'}-type-{kind}", tiff(kind, struct.pack(order + code, *values), order)


def turned(a, orientation):
    return {1: a, 2: a[:, ::-1], 3: a[::-1, ::-1], 4: a[::-1], 5: a.T, 6: np.rot90(a, -1), 7: a[::-1, ::-1].T,
            8: np.rot90(a)}[orientation]


def make_jpeg():
    near = 3
    for sub in (0, 1, 2):
        for extra in ({}, {"progressive": True}, {"optimize": True}):
            load(f"jpeg-sub{sub}-{'-'.join(extra) or 'plain'}", jpeg(PHOTO, subsampling=sub, **extra), tolerance=near)
    samplings = ("1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4", "4x4", "1x1,2x2,1x1", "2x2,2x1,1x2", "2x2,1x2,2x1",
                 "3x1", "3x3")
    for sampling in samplings:
        for extra in ((), ("-progressive",), ("-restart", "2"), ("-restart", "1B", "-progressive")):
            try:
                data = cjpeg(LARGE, "-sample", sampling, *extra)
            except subprocess.CalledProcessError:
                continue
            load(f"jpeg-{sampling}{''.join(extra)}".replace(",", "+"), data, tolerance=near + 3)
    for extra in ((), ("-progressive",), ("-restart", "1"), ("-restart", "3B"), ("-optimize",), ("-sample", "2x2")):
        load(f"jpeg-grey{''.join(extra)}", cjpeg(GREY // 2, *extra), tolerance=near)
    load("jpeg-rgb", cjpeg(PHOTO, "-rgb"), tolerance=near)
    load("jpeg-rgb-progressive", cjpeg(LARGE, "-rgb", "-progressive"), tolerance=near)
    cmyk = np.concatenate([LARGE, LARGE[..., :1] // 3], -1)
    load("jpeg-cmyk", jpeg(cmyk, "CMYK"), tolerance=near)
    load("jpeg-cmyk-progressive", jpeg(cmyk, "CMYK", progressive=True), tolerance=near)
    data = jpeg(cmyk, "CMYK")
    at = data.find(b"\xff\xee")
    load("jpeg-cmyk-without-adobe", data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2:at + 4])[0]:], tolerance=near)
    ycck = data[:at + 15] + b"\2" + data[at + 16:]
    load("jpeg-ycck", ycck, tolerance=near + 1)
    rgb = cjpeg(PHOTO, "-rgb")
    for transform in (0, 1):
        adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
        load(f"jpeg-rgb-names-adobe-{transform}", rgb[:2] + adobe + rgb[2:], tolerance=near)
        plain = jpeg(PHOTO)
        no_jfif = plain[:2] + adobe + plain[2 + 18:]
        load(f"jpeg-adobe-{transform}", no_jfif, tolerance=near)
        load(f"jpeg-jfif-and-adobe-{transform}", plain[:20] + adobe + plain[20:], tolerance=near)
    load("jpeg-neither-jfif-nor-adobe", jpeg(PHOTO)[:2] + jpeg(PHOTO)[20:], tolerance=near)
    whole = jpeg(LARGE)
    by_libjpeg = by_pillow(whole)
    quantizers, scan = whole.find(b"\xff\xdb"), whole.find(b"\xff\xda")
    litter = {"text": b"hello! ", "zeros": bytes(9), "stuffed": b"\xff\0\xff\0", "fill": b"\xff" * 5, "restart": b"\xff\xd3",
              "tem": b"\xff\1", "short": b"\xff\xec\0\0"}
    for name, junk in litter.items():
        for place, at in (("first", 2), ("tables", quantizers), ("scan", scan)):
            if place == "first" and name in ("text", "zeros"):
                continue  # then it does not begin like a JPEG
            load(f"jpeg-{name}-before-{place}", whole[:at] + junk + whole[at:], by_libjpeg, near)
    for name, junk in {"zeros": bytes(40), "restart": b"\xff\xd1", "restarts": b"\xff\xd1\xff\xd2\0\0\xff\xd3",
                       "text": b"abcdef" * 50, "stuffed": b"\xff\0" * 90, "fill": b"\xff" * 7, "dnl": b"\xff\xdc\0\4\0\x23"}.items():
        for kind, data in (("baseline", whole), ("progressive", jpeg(LARGE, progressive=True)),
                           ("restart", cjpeg(LARGE, "-restart", "3B"))):
            load(f"jpeg-{kind}-{name}-at-its-end", data[:-2] + junk + data[-2:], by_pillow(data), near)
    load("jpeg-mpo", whole + whole, by_libjpeg, near)
    restarts = cjpeg(LARGE, "-restart", "1B")
    expected = by_pillow(restarts)
    for k in (0, 3):
        at = restarts.find(bytes((0xFF, 0xD0 + k)))
        load(f"jpeg-zeros-before-restart-{k}", restarts[:at] + bytes(7) + restarts[at:], expected, near)
        load(f"jpeg-fill-before-restart-{k}", restarts[:at] + b"\xff\xff" + restarts[at:], expected, near)
        refuse(f"jpeg-text-before-restart-{k}", restarts[:at] + b"stray text" + restarts[at:], "convert it to PNG")
    for name, data in (("baseline", whole), ("progressive", jpeg(LARGE, progressive=True)), ("restarts", restarts),
                       ("restarts-progressive", cjpeg(LARGE, "-restart", "1B", "-progressive")), ("grey", cjpeg(LARGE[..., 1])),
                       ("cmyk", jpeg(cmyk, "CMYK")), ("optimised", jpeg(LARGE, optimize=True)),
                       ("rgb", cjpeg(LARGE, "-rgb"))):
        start = data.find(b"\xff\xda")
        for share in (0.02, .1, .25, .5, .75, .9, .97):
            cut = data[:start + 14 + int((len(data) - start - 16) * share)]
            while cut[-1] == 0xFF or cut[-2] == 0xFF:
                cut = cut[:-1]
            refuse(f"jpeg-{name}-{share}-of-its-pixels", cut + b"\xff\xd9", "truncated")
    start = restarts.find(b"\xff\xd2")
    refuse("jpeg-interval-missing", restarts[:start] + restarts[restarts.find(b"\xff\xd3"):], "end early")
    for name, block in orientations(6):
        load(f"jpeg-exif-{name}", whole[:2] + segment(0xE1, b"Exif\0\0" + block) + whole[2:], turned(by_libjpeg, 6), near)
    first = whole[:2]
    for value in range(1, 9):
        exif = segment(0xE1, b"Exif\0\0" + tiff(3, struct.pack(">H", value)))
        load(f"jpeg-exif-{value}", first + exif + whole[2:], turned(by_libjpeg, value), near)
    exif = segment(0xE1, b"Exif\0\0" + tiff(3, struct.pack(">H", 8)))
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>")
    load("jpeg-exif-behind-frame", whole[:scan] + exif + whole[scan:], turned(by_libjpeg, 8), near)
    load("jpeg-xmp", first + xmp + whole[2:], turned(by_libjpeg, 6), near)
    load("jpeg-xmp-before-exif", first + exif + xmp + whole[2:], turned(by_libjpeg, 8), near)
    refuse("jpeg-arithmetic", cjpeg(PHOTO, "-arithmetic"), "convert it to PNG")
    frame = whole.find(b"\xff\xc0")
    refuse("jpeg-12-bits", whole[:frame + 4] + b"\x0c" + whole[frame + 5:], "convert it to PNG")
    refuse("jpeg-dnl", whole[:frame + 5] + b"\0\0" + whole[frame + 7:-2] + b"\xff\xdc\0\4\0\x23\xff\xd9", "convert it to PNG")
    tables = whole.find(b"\xff\xc4")
    refuse("jpeg-film-frame", whole[:tables] + whole[scan:], "convert it to PNG")
    refuse("jpeg-without-quantizers", whole[:quantizers] + whole[frame:], "missing")


# ---------------------------------------------------------------- PNG

def chunk(kind, data, damage=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ damage)


def png(color_type, bits, samples, before=b"", after=b"", interlaced=0, split=None, surplus=b"", more=b""):
    """samples: H x W x n."""
    samples = samples.reshape(samples.shape[0], samples.shape[1], -1)
    height, width = samples.shape[:2]
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for x, y, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if not part.size:
            continue
        for row in part.reshape(part.shape[0], -1):
            if bits == 16:
                line = row.astype(">u2").tobytes()
            elif bits == 8:
                line = row.astype("u1").tobytes()
            else:
                line = np.packbits(((row[:, None] >> np.arange(bits)[::-1]) & 1).astype("u1").ravel()).tobytes()
            raw += b"\0" + line
    data = zlib.compress(raw + surplus) + more
    pieces = [data] if split is None else [data[k:k + split] for k in range(0, len(data), split)]
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, interlaced))
            + before + b"".join(chunk(b"IDAT", p) for p in pieces) + after + chunk(b"IEND", b""))


def make_png():
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    palette = bytes(c for k in range(256) for c in ((k * 37) % 256, 255 - k, (k * 5) % 256))
    table = np.frombuffer(palette, "u1").reshape(-1, 3)
    for color_type, n in channels.items():
        for bits, interlaced in itertools.product(depths[color_type], (0, 1)):
            full = (1 << bits) - 1
            v = np.stack([(xx * (3 + 4 * c) * full // 41 + yy * (5 + c) * full // 59) % (full + 1) for c in range(n)], -1)
            before, s = b"", v.astype(np.int64) * (255 // full if bits < 8 else 1)
            top = 65535 if bits == 16 else 255
            if color_type == 3:
                before, expected = chunk(b"PLTE", palette[:3 << bits]), luma(table[v[..., 0]])
            elif n < 3:
                expected = s[..., 0] if n == 1 else (s[..., 0] * s[..., 1] + top // 2) // top
            else:
                sums = 299 * s[..., 0] + 587 * s[..., 1] + 114 * s[..., 2]
                expected = (sums + 500) // 1000 if n == 3 else (sums * s[..., 3] + 500 * top) // (1000 * top)
            name = f"png-type{color_type}-{bits}bit{'-interlaced' * interlaced}"
            depth = 16 if bits == 16 else 8
            load(name, png(color_type, bits, v, before, interlaced=interlaced), expected, depth=depth)
            key = v[2, 2].astype(">u2").tobytes()
            hidden = (v == v[2, 2]).all(-1)
            if color_type in (0, 2):
                load(name + "-key", png(color_type, bits, v, chunk(b"tRNS", key), interlaced=interlaced),
                     np.where(hidden, 0, expected), depth=depth)
            if color_type == 3:
                alpha = bytes((k * 50) % 256 for k in range(min(1 << bits, 20)))
                rgba = np.concatenate([table, np.full((256, 1), 255)], 1)
                rgba[:len(alpha), 3] = list(alpha)
                load(name + "-alpha", png(3, bits, v, before + chunk(b"tRNS", alpha), interlaced=interlaced),
                     luma(rgba[v[..., 0]]))
    grey = {"time-crc": chunk(b"tIME", b"\x07\xd0\1\1\0\0\0", 9), "text-crc": chunk(b"tEXt", b"a\0b", 1),
            "gama-crc": chunk(b"gAMA", b"\0\0\xb1\x8f", 1), "plte": chunk(b"PLTE", bytes(range(48))),
            "plte-of-5": chunk(b"PLTE", b"12345"), "plte-crc": chunk(b"PLTE", bytes(3)),
            "digit": chunk(b"s1IT", b"\x08"), "space": chunk(b"a b ", b"\x08"), "key-of-3": chunk(b"tRNS", b"\0\1\2"),
            "key-of-0": chunk(b"tRNS", b""), "unknown": chunk(b"abCd", b"x" * 99), "empty-text": chunk(b"tEXt", b""),
            "sbit": chunk(b"sBIT", b"\5"), "gama-twice": chunk(b"gAMA", b"\0\0\xb1\x8f") * 2}
    for name, before in grey.items():
        if name == "plte-crc":
            refuse("png-plte-crc", png(3, 8, GREY, chunk(b"PLTE", palette, 1)), "checksum")
            continue
        load(f"png-grey-{name}", png(0, 8, GREY, before), GREY)
    load("png-chunk-behind-pixels-crc", png(0, 8, GREY, after=chunk(b"tEXt", b"a\0b", 1)), GREY)
    load("png-plte-behind-pixels", png(2, 8, COLOR, after=chunk(b"PLTE", b"123")), luma(COLOR))
    load("png-key-behind-pixels", png(0, 8, GREY, after=chunk(b"tRNS", b"\0" + bytes([GREY[2, 2]]))), GREY)
    load("png-two-keys", png(0, 8, GREY, chunk(b"tRNS", b"\0\xf8") + chunk(b"tRNS", b"\0\xf9")), np.where(GREY == 0xf8, 0, GREY))
    load("png-key-beside-alpha", png(6, 8, np.concatenate([COLOR, COLOR[..., :1]], -1), chunk(b"tRNS", bytes(6))),
         luma(np.concatenate([COLOR, COLOR[..., :1]], -1)))
    plte = chunk(b"PLTE", palette[:192])
    for name, before in (("trns-too-long", plte + chunk(b"tRNS", b"\xff" * 256)), ("trns-first", chunk(b"tRNS", b"\xff" * 4) + plte),
                         ("trns-empty", plte + chunk(b"tRNS", b""))):
        load(f"png-{name}", png(3, 8, GREY // 4, before), luma(table[GREY // 4]))
    load("png-plte-too-long", png(3, 4, GREY // 16, chunk(b"PLTE", palette)), luma(table[GREY // 16]))
    load("png-surplus-rows", png(0, 8, GREY, surplus=bytes(3 * W)), GREY)
    load("png-surplus-byte", png(0, 8, GREY, surplus=b"\7"), GREY)
    load("png-surplus-much", png(0, 8, GREY, surplus=bytes(300000)), GREY)
    load("png-surplus-interlaced", png(0, 8, GREY, surplus=bytes(100), interlaced=1), GREY)
    load("png-bytes-behind-stream", png(0, 8, GREY, more=b"rest"), GREY)
    load("png-split", png(0, 8, GREY, split=7), GREY)
    load("png-pixels-in-two-places", png(0, 8, GREY, after=chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", b"more")), GREY)
    load("png-bytes-behind-end", png(0, 8, GREY) + b"\0trailing", GREY)
    for value in range(1, 9):
        exif = chunk(b"eXIf", tiff(3, struct.pack(">H", value)))
        load(f"png-exif-{value}", png(0, 8, GREY, exif), turned(GREY, value))
        load(f"png-exif-{value}-behind-pixels", png(2, 8, COLOR, after=exif), turned(luma(COLOR), value))
    for name, block in orientations(6):
        load(f"png-exif-{name}", png(0, 16, GREY.astype(int) * 200, chunk(b"eXIf", block)), turned(GREY.astype(int) * 200, 6), depth=16)
    load("png-exif-named", png(0, 8, GREY, chunk(b"eXIf", b"Exif\0\0" + tiff(4, struct.pack(">I", 5)))), turned(GREY, 5))
    load("png-exif-crc", png(0, 8, GREY, chunk(b"eXIf", tiff(3, b"\0\6"), 1)), GREY)
    load("png-xmp", png(0, 8, GREY, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a tiff:Orientation=\"3\"/>")), turned(GREY, 3))
    refuse("png-pixels-crc", png(0, 8, GREY).replace(b"IDAT", b"IDAT", 1)[:-20] + b"\0\0\0\0" + png(0, 8, GREY)[-16:], "damaged")
    refuse("png-half-of-its-pixels", png(0, 8, GREY[:6]).replace(
        chunk(b"IHDR", struct.pack(">IIBBBBB", W, 6, 8, 0, 0, 0, 0)), chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 8, 0, 0, 0, 0))),
        "truncated")
    refuse("png-critical-chunk", png(0, 8, GREY, chunk(b"ABCD", b"")), "wrong place")


# ---------------------------------------------------------------- PNM

def make_pnm():
    bit = (xx // 3 + yy) % 2
    text = "\n".join(" ".join(map(str, r)) for r in bit)
    packed = np.packbits(bit, axis=1).astype("u1").tobytes()
    load("pbm-plain", f"P1\n{W} {H}\n{text}\n".encode(), 255 * (1 - bit))
    load("pbm-plain-no-line-end", f"P1\n{W} {H}\n{text}".encode(), 255 * (1 - bit))
    load("pbm-plain-dense", f"P1 {W} {H}\n{text.replace(' ', '')}".encode(), 255 * (1 - bit))
    load("pbm-raw", b"P4\n%d %d\n" % (W, H) + packed, 255 * (1 - bit))
    load("pbm-raw-comment", b"P4\n# c\n%d #d\n %d\n" % (W, H) + packed, 255 * (1 - bit))
    refuse("pbm-raw-cut", b"P4\n%d %d\n" % (W, H) + packed[:-1], "truncated")
    refuse("pbm-plain-cut", f"P1\n{W} {H}\n{text[:-2]}\n".encode(), "truncated")
    for maxval in (1, 2, 7, 15, 100, 254, 255, 256, 300, 1023, 4095, 65534, 65535):
        grey = (xx * 91 + yy * 57 + xx * yy) % (maxval + 1)
        rgb = np.stack([grey, grey[::-1], grey[:, ::-1]], -1)
        depth, kind = (16, ">u2") if maxval > 255 else (8, "u1")
        head = f"{W} {H}\n{maxval}\n"
        text = "\n".join(" ".join(map(str, r)) for r in grey)
        ends = {"": "\n", "-no-line-end": "", "-line-ends": " \r\n\r\n"}
        for name, end in ends.items():
            load(f"pgm-plain-{maxval}{name}", ("P2\n" + head + text + end).encode(), grey, depth=depth)
        load(f"pgm-raw-{maxval}", ("P5\n" + head).encode() + grey.astype(kind).tobytes(), grey, depth=depth)
        load(f"ppm-raw-{maxval}", ("P6\n" + head).encode() + rgb.astype(kind).tobytes(), luma(rgb), depth=depth)
        load(f"ppm-plain-{maxval}", ("P3\n" + head + "\n".join(" ".join(map(str, r)) for r in rgb.reshape(H, -1))).encode(),
             luma(rgb), depth=depth)
    refuse("pgm-plain-cut", b"P2 3 2 255\n1 2 3 4 5", "truncated")
    refuse("pgm-raw-cut", b"P5 3 2 255\n12345", "truncated")
    refuse("pam", b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n1", "convert it to PNG")


def main():
    for make in (make_bmp, make_gif, make_jpeg, make_png, make_pnm):
        make()
    with io.BytesIO() as f:
        for name, want, expected, depth, tolerance, data in ENTRIES:
            height, width = expected.shape if expected is not None else (0, 0)
            f.write(f"{name}\t{want}\t{width}\t{height}\t{depth}\t{tolerance}\t{len(data)}\n".encode() + data)
            if expected is not None:
                f.write(expected.astype(">u2" if depth == 16 else "u1").tobytes())
            f.write(b"\n")
        pack = f.getvalue()
    PACK.write_bytes(struct.pack("<Q", len(pack)) + zlib.compress(pack, 9))
    print(f"{PACK}: {len(ENTRIES)} files, {PACK.stat().st_size} bytes")


main()
