# SPDX-License-Identifier: MIT
"""images.py - read a folder of images in natural order and normalise it, with PIL and numpy only.

Shared by make_reference.py and four_fits.py. It shares no code with mien: it is the second opinion.
"""
import pathlib
import re

import numpy as np
from PIL import Image

SUFFIXES = {".pgm", ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}


def natural_key(text):
    """Sort key that reads runs of digits as numbers: s2/10.pgm comes after s2/9.pgm and before s10/1.pgm."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def list_images(folder):
    """Paths of all images below `folder`, relative to it, in natural order."""
    folder = pathlib.Path(folder)
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*")
             if path.suffix.lower() in SUFFIXES and path.is_file()]
    return sorted(found, key=natural_key)


def read_images(folder):
    """Returns (paths, pixels): pixels is N x h x w, uint8, grey. All images must have the size of the first."""
    paths = list_images(folder)
    if not paths:
        raise SystemExit(f"{folder}: no images")
    pixels = None
    for i, path in enumerate(paths):
        with Image.open(pathlib.Path(folder) / path) as image:
            grey = np.asarray(image.convert("L"))
        if pixels is None:
            pixels = np.empty((len(paths), *grey.shape), np.uint8)
        if grey.shape != pixels.shape[1:]:
            raise SystemExit(f"{path}: {grey.shape[1]}x{grey.shape[0]}, "
                             f"expected {pixels.shape[2]}x{pixels.shape[1]}")
        pixels[i] = grey
    return paths, pixels


def lee_seung(pixels, dtype=np.float64):
    """Normalisation of Lee & Seung (Nature 1999), image by image; returns X, N x p.

    x = clip(0.25 + 0.25 (v - mean) / sd, 0, 1), sd with n - 1. A constant image becomes 0.25.
    """
    X = pixels.reshape(len(pixels), -1).astype(dtype)
    X -= X.mean(axis=1, keepdims=True)
    sd = np.sqrt((X * X).sum(axis=1, keepdims=True) / (X.shape[1] - 1))
    X /= np.where(sd > 0, sd, 1)
    X *= 0.25
    X += 0.25
    return np.clip(X, 0, 1, out=X)
