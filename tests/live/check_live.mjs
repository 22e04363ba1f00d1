// check_live.mjs - the browser's module and its worker: what the program computes, and nothing that breaks it.
// SPDX-License-Identifier: MIT
//
//   node check_live.mjs MIEN MODULE SOURCE_ROOT SCRATCH
//
// Tries the worker on the bundled pictures and holds its losses against the program's. Exits 0 if all is well.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {readFileSync, readdirSync, rmSync} from "node:fs";
import {Mien} from "./worker.mjs";

const [program, modulePath, root, scratch] = process.argv.slice(2);
const MAX_NBYTES = 400_000;
const bytes = readFileSync(modulePath);
console.log(`module: ${bytes.length} bytes`);
assert(bytes.length <= MAX_NBYTES, `the module has ${bytes.length} bytes, at most ${MAX_NBYTES} are allowed`);
const module = await WebAssembly.compile(bytes);
const open = () => new Mien(`${root}/assets/page/worker.js`, module);

const fromFolder = folder => readdirSync(`${root}/assets/${folder}`).map(name => {
  const file = readFileSync(`${root}/assets/${folder}/${name}`);
  return {name, bytes: file.buffer.slice(file.byteOffset, file.byteOffset + file.length)};
}).reverse(); // whatever the order, that of names counts

const learnByProgram = (folder, words) => {
  const out = `${scratch}/out`;
  rmSync(out, {recursive: true, force: true});
  const text = execFileSync(program, ["learn", `${root}/assets/${folder}`, "-o", out, "--json", "-q", ...words],
    {encoding: "utf8"});
  const summary = JSON.parse(text), [fit] = Object.values(summary.methods);
  return {summary, fit, basis: readFileSync(`${out}/${Object.keys(summary.methods)[0]}/basis.npy`)};
};

/** Options as words of the command line. */
const asWords = (method, options) => ["--method", method,
  ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)])];

const near = (a, b, share, what) =>
  assert(Math.abs(a - b) <= share * Math.abs(b), `${what}: ${a}, the program's is ${b}`);

/** What the bytes of a frame or of snapshots stand for is a basis: right size, some of it visible. */
const checkBytes = (values, scale, r, p) => {
  assert.equal(values.length, r * p);
  assert.equal(scale.length, r);
  assert(values.some(v => v === 255), "no byte is the largest");
};

const mien = open();
const ready = await mien.ready;
assert.deepEqual(ready.methods.map(m => m.name), ["nmf", "kmeans", "pca", "ica"]);
assert.equal(ready.methods[0].options.find(o => o.key === "objective").initial, "kl");

// ---------------------------------------------------------------- the same data, the same losses
const faces = await mien.ask({type: "images", images: fromFolder("faces"), id: 7});
assert.equal(faces.id, 7);
assert.deepEqual([faces.n, faces.width, faces.height, faces.channels], [400, 48, 48, 1]);
assert.equal(faces.ink, "dark");
assert.equal(faces.normalize, "lee-seung");
assert.equal(faces.names[3], "face003.pgm");
const drawn = await mien.ask({type: "draw", what: "faces"});
assert.deepEqual(drawn.values, faces.values, "what the module draws is what assets/faces holds");
assert.deepEqual(drawn.gain, faces.gain);

// r: at its own, the program's, default; mu: the same start and the same steps; the rest: to its end
const cases = [["nmf", {components: 16, iterations: 60, solver: "mu", tolerance: 0}, 1e-5],
  ["nmf", {components: 16, iterations: 60, solver: "mu", objective: "frobenius", tolerance: 0}, 1e-5],
  ["nmf", {components: 16, iterations: 40, tolerance: 0}, 1e-2], ["kmeans", {components: 9}, 1e-2],
  ["pca", {components: 16}, 1e-5], ["ica", {components: 16}, 1e-5]];
let basis = null;
for (const [method, options, share] of cases) {
  const frames = [];
  const fit = await mien.ask({type: "learn", method, options, every: 0, image: 3}, frame => frames.push(frame));
  const {fit: theirs} = learnByProgram("faces", asWords(method, options));
  const what = `${method} ${Object.values(options).join(" ")}`;
  console.log(`${what}: ${fit.loss}, the program's ${theirs.loss}`);
  near(fit.loss, theirs.loss, share, what);
  near(fit.relativeError, theirs.relative_error, share, `${what}, relative error`);
  assert.equal(fit.trace.loss.at(-1), fit.loss);
  assert.equal(fit.W.length, 400 * fit.r);
  assert.equal(!!fit.mu, method === "pca" || method === "ica");
  if (method === "nmf") { // every iteration is shown when every one is asked for, and none told twice
    assert.deepEqual(frames.map(f => f.iteration), Array.from({length: options.iterations}, (_, t) => t + 1));
    assert(frames.every(f => f.weights.length === fit.r));
    assert.deepEqual(Array.from(fit.snapshots.iteration).slice(0, 5), [1, 2, 3, 5, 8]);
    checkBytes(fit.snapshots.values.subarray(0, fit.r * fit.p), fit.snapshots.scale.subarray(0, fit.r), fit.r, fit.p);
    const share0 = fit.memberships.share.subarray(0, fit.r).reduce((a, b) => a + b);
    near(share0, 1, 1e-5, "shares of an image");
  }
  frames.forEach(f => checkBytes(f.basis, f.scale, fit.r, fit.p));
  if (!basis)
    basis = fit;
}

// .npy as the program writes it: the same header, byte by byte
const header = Buffer.from(basis.basisFile).subarray(0, 128);
const {basis: theirs} = learnByProgram("faces", asWords(...cases[0]));
assert.deepEqual(header, theirs.subarray(0, 128));
assert.equal(basis.basisFile.byteLength, theirs.length);

// few frames are posted, every iteration is told
let told = 0, count = 0;
await mien.ask({type: "learn", method: "nmf", options: {components: 4, iterations: 30, tolerance: 0}, every: 1e9},
  frame => (count++, told += frame.told.length / 2));
assert(count <= 1);

// a time limit ends early, with a whole result
const short = await mien.ask({type: "learn", method: "nmf", options: {components: 4, tolerance: 0, seconds: 0}});
assert.equal(short.stop, "interrupted");
assert(short.loss > 0);

// another worker takes the data over
const other = open();
await other.ready;
const taken = await other.ask({type: "store", store: drawn.store});
assert.deepEqual([taken.n, taken.ink, taken.names[3]], [400, "dark", "face003.pgm"]);
const pca = {type: "learn", method: "pca", options: {components: 16}};
assert.equal((await other.ask(pca)).loss, (await mien.ask(pca)).loss);
await other.end();

// ---------------------------------------------------------------- light ink, and colours as a browser decodes them
const swimmer = await mien.ask({type: "draw", what: "swimmer"});
assert.deepEqual([swimmer.n, swimmer.ink], [256, "light"]);
const rgba = (width, height, [r, g, b, a]) => Uint8Array.from({length: 4 * width * height},
  (_, i) => [r, g, b, a][i % 4]).buffer;
const photographs = [{name: "b/2.jpg", width: 8, height: 6, rgba: rgba(8, 6, [200, 100, 50, 255])},
  {name: "b/10.jpg", width: 8, height: 6, rgba: rgba(8, 6, [255, 255, 255, 128])},
  {name: "a.png", width: 20, height: 10, rgba: rgba(20, 10, [0, 0, 255, 255])}];
const grey = await mien.ask({type: "images", images: photographs});
assert.deepEqual(grey.names, ["a.png", "b/2.jpg", "b/10.jpg"]);
assert.deepEqual([grey.width, grey.height], [8, 6]); // the size of most; the middle of the other
assert.deepEqual([0, 1, 2].map(i => grey.values[i * 48]), [29, 124, 128]); // luma over black, see decode.h
const small = {width: 4, height: 4, fit: "stretch", color: true};
await mien.ask({type: "images", images: photographs.slice(0, 2), options: small, more: true});
const colors = await mien.ask({type: "images", images: photographs.slice(2)});
assert.deepEqual([colors.n, colors.width, colors.channels, colors.ink], [3, 4, 3, "light"]);
assert.deepEqual(Array.from(colors.values.subarray(48, 51)), [200, 100, 50]);

// ---------------------------------------------------------------- refusals, in words
const refused = (message, words) => assert.rejects(mien.ask(message), error => {
  assert.match(error.message, words);
  assert.notEqual(error.status, "broken");
  return true;
});
const file = text => new TextEncoder().encode(text).buffer;
const good = [{name: "1.pgm", bytes: file("P5 2 2 255\nabcd")}, {name: "2.pgm", bytes: file("P5 2 2 255\nbcda")}];
const bad = [{name: "short.pgm", bytes: file("P5 2 2 255\nab")}, {name: "huge.pgm", bytes: file("P5 65535 65535 255\n")},
  {name: "p.png", bytes: file("\x89PNG")}, {name: "empty.pgm", bytes: file("")}, {name: "x.pgm", bytes: file("P5 x")},
  {name: "0.ppm", bytes: file("P6 0 0 255\n")}, {name: "wide.jpg", width: 0, height: 0, rgba: file("")},
  {name: "\0<b>.pgm", bytes: file("P2 2 2 9\n1 2 3 99")}];
const mixed = await mien.ask({type: "images", images: [...good, ...bad]});
assert.equal(mixed.n, 2);
assert.equal(mixed.refused.length, bad.length);
assert.match(mixed.refused.find(r => r.name === "short.pgm").reason, /truncated/);
await refused({type: "images", images: good.slice(1)}, /only one usable image/);
await refused({type: "learn", method: "nmf"}, /no pictures/);
await refused({type: "images", images: []}, /no usable images/);
await refused({type: "images", images: good, options: {ink: "blue"}}, /ink blue/);
await refused({type: "images", images: [{name: "a", width: 9, height: 9, rgba: file("abc")}]}, /3 bytes/);
await mien.ask({type: "images", images: good});
await refused({type: "learn", method: "svm"}, /no such method/);
await refused({type: "learn", method: "pca", options: {components: 9}}, /components/);
await refused({type: "learn", method: "pca", options: {objective: "kl"}}, /none of PCA/);
await refused({type: "learn", method: "nmf", options: {iterations: "many"}}, /give a number/);
await refused({type: "learn", method: "nmf", options: {solver: "hals", components: 1}}, /no solver/);
await refused({type: "nonsense"}, /no such message/);

// ---------------------------------------------------------------- memory that grows while views are about
const large = Array.from({length: 40}, (_, i) => ({name: `${i}.pgm`,
  bytes: file(`P5 800 600 255\n${String.fromCharCode(32 + i).repeat(800 * 600)}`)}));
const grown = await mien.ask({type: "images", images: large});
assert.equal(grown.values[39 * 480000], 71);
await mien.end();
console.log("check_live: the module does what the program does");
