/* npy.js - arrays that mien wrote, read without it.
 * SPDX-License-Identifier: MIT */
import { readFileSync } from "node:fs";

/**
 * @typedef {object} Npy
 * @property {number[]} shape
 * @property {Float32Array|Float64Array|Uint8Array} values in C order
 */

/**
 * @param {string} path of a .npy file, version 1: little-endian float32, float64 or bytes in C order
 * @returns {Npy}
 */
export function readNpy(path) {
    const file = readFileSync(path);
    if (file.toString("latin1", 0, 8) !== "\x93NUMPY\x01\0") throw new Error(`${path}: not .npy 1.0`);
    const begin = 10 + file.readUInt16LE(8);
    const header = file.toString("latin1", 10, begin);
    const [, type, order, sizes] =
        /'descr': '(.*?)'.*'fortran_order': (\w+).*'shape': \((.*?)\)/.exec(header) || [];
    if (order !== "False") throw new Error(`${path}: not in C order: ${header}`);
    const shape = sizes.split(",").filter((size) => size.trim()).map(Number);
    const bytes = Uint8Array.from(file.subarray(begin)).buffer;
    const values =
        type === "<f4" ? new Float32Array(bytes)
        : type === "<f8" ? new Float64Array(bytes)
        : type === "|u1" ? new Uint8Array(bytes)
        : null;
    if (!values) throw new Error(`${path}: values of type ${type}`);
    if (values.length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`${path}: length`);
    return { shape, values };
}
