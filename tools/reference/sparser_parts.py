#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sparser_parts.py - draws assets/sparser-parts.png: what the penalties of NMF do to the basis.

    sparser_parts.py MIEN FACES OUT.png

FACES are the bundled portraits, nearly aligned. Here each is moved by up to 4 pixels each way, as photographs that
nobody aligned are, so that NMF alone finds wholes. Four models of r = 25 are learned by MIEN; their montages are
joined side by side in the order of CHOICES. The scores of each are printed. Needs Python alone.
"""
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import zlib

SHIFT = 4
CHOICES = {
    "NMF": [],
    "--sparse-basis 0.3": ["--sparse-basis", "0.3"],
    "--penalty hoyer --sparse-basis 0.8": ["--objective", "frobenius", "--penalty", "hoyer", "--sparse-basis", "0.8"],
    "--penalty local": ["--penalty", "local"],
}
GAP, WHITE = 12, 255


def move_faces(source, target):
    """Copies of the PGM files, moved by -SHIFT .. SHIFT pixels; the border is repeated."""
    lot = random.Random(1)
    for path in sorted(source.glob("*.pgm")):
        data = path.read_bytes()
        width, height = map(int, data.split(maxsplit=3)[1:3])
        pixels = data[-width * height:]
        down, right = lot.randint(-SHIFT, SHIFT), lot.randint(-SHIFT, SHIFT)
        moved = bytes(pixels[min(max(y + down, 0), height - 1) * width + min(max(x + right, 0), width - 1)]
                      for y in range(height) for x in range(width))
        (target / path.name).write_bytes(b"P5\n%d %d\n255\n" % (width, height) + moved)


def read_png(path):
    """(rows of bytes, samples a pixel) of an 8-bit PNG that is not interlaced."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            packed += body
    samples = {0: 1, 2: 3, 6: 4}[colour]
    assert depth == 8
    raw, size, rows, above = zlib.decompress(packed), width * samples, [], bytes(width * samples)
    for y in range(height):
        kind, row = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for x in range(size):
            left = row[x - samples] if x >= samples else 0
            corner = above[x - samples] if x >= samples else 0
            guess = left + above[x] - corner
            paeth = min((abs(guess - left), 0, left), (abs(guess - above[x]), 1, above[x]),
                        (abs(guess - corner), 2, corner))[2]
            row[x] = (row[x] + (0, left, above[x], (left + above[x]) // 2, paeth)[kind]) & 255
        rows.append(bytes(row))
        above = row
    return rows, samples


def write_png(path, rows, samples):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    colour = {1: 0, 3: 2, 4: 6}[samples]
    head = struct.pack(">IIBBBBB", len(rows[0]) // samples, len(rows), 8, colour, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


def main(mien, faces, out):
    pictures = []
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "faces").mkdir()
        move_faces(pathlib.Path(faces), work / "faces")
        for name, words in CHOICES.items():
            subprocess.run([mien, "learn", work / "faces", "-o", work / "out", "--force", "-q", "-r", "25",
                            "--restarts", "1", "--zoom", "1", *words], check=True, stdout=subprocess.DEVNULL)
            fit = json.loads((work / "out/nmf/model.json").read_text())["fit"]
            print(f"| {name} | {fit['sparseness']:.2f} | {fit['localisation']:.2f} | {fit['loss']:.0f} |"
                  f" {fit['relative_error']:.3f} |")
            pictures.append(read_png(work / "out/nmf/basis.png"))
    samples = pictures[0][1]
    height = max(len(rows) for rows, _ in pictures)
    joined = [bytearray() for _ in range(height)]
    for number, (rows, _) in enumerate(pictures):
        width = len(rows[0])
        for y in range(height):
            joined[y] += bytes([WHITE]) * (GAP * samples if number else 0)
            joined[y] += rows[y] if y < len(rows) else bytes([WHITE]) * width
    write_png(pathlib.Path(out), [bytes(row) for row in joined], samples)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
