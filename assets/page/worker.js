// worker.js - mien's own C, compiled to WebAssembly, at work away from the page.
// SPDX-License-Identifier: MIT
//
// A worker reads pictures, prepares them and learns, one thing after the other. Methods that shall
// learn beside each other get a worker each: one of them reads the pictures and hands out a `store`,
// which the others take. While a worker learns it hears nothing: to end it early, terminate() it
// (the last frame is what the page has then), or let `seconds` end it with a whole result.
//
// The file has neither imports nor exports: its text, in a Blob, is the worker
// (`new Worker(URL.createObjectURL(new Blob([text], {type: "text/javascript"})))`). The page hands
// it the module: compiled once, a WebAssembly.Module goes to any number of workers.
//
// The page says (ArrayBuffers may be transferred), in this order; every message may carry an `id`,
// which all answers to it repeat:
//
//   {type: "module", module}          a WebAssembly.Module, or its bytes
//     -> {type: "ready", version, methods: MethodInfo[]}
//   {type: "images", images: ({name, bytes} | {name, width, height, rgba})[], options?: ReadOptions, more?: true}
//     bytes: an ArrayBuffer of PBM, PGM or PPM, read by mien; rgba: what a canvas gives. Any size; but see that
//     large photographs come shrunk (512 pixels a side are plenty), or with a size in `options`.
//     more: others follow, in another message of the kind
//     -> {type: "progress", stage: "reading", done, total} now and then, then {type: "data", ...};
//        with `more` {type: "added", count} instead
//   {type: "draw", what: "faces" | "swimmer", options?: ReadOptions}    drawn by the module itself
//     -> {type: "data", ...}
//   {type: "store", store}            what another worker read
//     -> {type: "data", ...}
//   {type: "learn", method: "nmf" | "kmeans" | "pca" | "ica", options?: LearnOptions, every?: 16, image?}
//     every: milliseconds between two frames, at least; 0: a frame for every iteration
//     image: the place of one whose weights frames show
//     -> {type: "frame", ...}*, then {type: "done", ...}; the data stay for the next one
//
// and to any of them, in place of the answer:
//     -> {type: "error", of: <the message's type>, message, status}    the words are mien's own
//
// Images that cannot be used are no error but are listed in data.refused, unless fewer than two are
// left.
"use strict";

/**
 * What the data set becomes: as mien's options of the same names. Left out: mien's defaults (the
 * size most images have, the middle cut out of others, ink by the pixels, lee-seung for grey).
 * @typedef {object} ReadOptions
 * @property {number} [width] both or none, pixels
 * @property {number} [height]
 * @property {"crop" | "pad" | "stretch" | "reject"} [fit] for images of another size
 * @property {"auto" | "dark" | "light"} [ink]
 * @property {"auto" | "lee-seung" | "unit" | "max" | "none"} [normalize]
 * @property {boolean} [color]
 */

/**
 * Left out: mien's defaults. Options of the method itself by their names on the command line
 * (objective, solver, init, ...); those of other methods are refused.
 * @typedef {object} LearnOptions
 * @property {number} [components] default: 49, or fewer on small data
 * @property {number} [iterations] at most; default 500
 * @property {number} [tolerance] default: the method's own; 0: never ends before `iterations`
 * @property {number} [restarts] starts, the best is kept; default: by the size of the data
 * @property {number} [seed] default 0
 * @property {boolean} [snapshots] keep the basis of iterations 1, 2, 3, 5, 8, ...; default true
 * @property {number} [seconds] end after so many, with a whole result; default: never
 */

/**
 * @typedef {object} MethodInfo
 * @property {string} name "nmf"
 * @property {string} title "NMF"
 * @property {string} motto "adds parts"
 * @property {string} longTitle
 * @property {boolean} signed basis and weights carry both signs
 * @property {boolean} memberships rows of W, scaled, are shares of components
 * @property {number} tolerance
 * @property {{key: string, choices: string[] | null, initial: number | string, min: number,
 *             max: number, help: string}[]} options
 */

/**
 * The data set. Image i is, in float32,
 *   x[j] = clamp(gain[i] * (values[i * p + j] - center[i]) + offset[i], lower, upper)
 * and x = values where gain is null. With dark ink x = 1 is black.
 * @typedef {object} Data
 * @property {"data"} type
 * @property {number} n
 * @property {number} p width * height * channels, channels interleaved
 * @property {number} width
 * @property {number} height
 * @property {number} channels
 * @property {string[]} names n
 * @property {{name: string, reason: string}[]} refused
 * @property {"dark" | "light"} ink as decided
 * @property {number} blackBorder share of border pixels that are black; NaN: not asked
 * @property {string} normalize as decided
 * @property {Uint8Array | Uint16Array} values n x p, as read and resized
 * @property {number} white what stands for white among the values, the largest where they differ
 * @property {Float32Array | null} gain n
 * @property {Float32Array | null} center n
 * @property {Float32Array | null} offset n
 * @property {number} lower
 * @property {number} upper
 * @property {number} components what is learned when nobody says how many
 * @property {Object<string, number>} most how many components each method can have
 * @property {object} store for {type: "store"}: all of the above in a form to be handed on
 */

/**
 * The basis of an iteration under way. Components stand in the order of the descent; those of
 * `done` are in order of importance.
 * @typedef {object} Frame
 * @property {"frame"} type
 * @property {string} method
 * @property {number} iteration of this start; frames may leave some out
 * @property {number} done iterations of all starts so far
 * @property {number} total iterations of all starts, at most
 * @property {number} loss as told last; NaN: not known
 * @property {Float64Array} told pairs of an iteration (of all starts) and its loss, since the last frame
 * @property {number} run 1 .. runs
 * @property {number} runs
 * @property {number} seconds since the fit began
 * @property {Uint8Array} basis r x p; 0 to 255, or where `signed` 128 + (-127 to 127)
 * @property {Float32Array} scale r: what 255, or 127 above 128, stands for
 * @property {boolean} signed
 * @property {Float32Array | null} weights r, of `image`; null: not asked for, or not known before the end
 */

/**
 * @typedef {object} Done
 * @property {"done"} type
 * @property {string} method
 * @property {number} n
 * @property {number} p
 * @property {number} r
 * @property {Float32Array} W n x r, the weights
 * @property {Float32Array} H r x p, the basis
 * @property {Float32Array | null} mu p, the mean image of a method that centres
 * @property {string} lossName
 * @property {number} loss
 * @property {number} penalty
 * @property {number} relativeError
 * @property {number} explainedVariance
 * @property {number} sparseness
 * @property {number} weightsSparseness
 * @property {number} localisation NaN: not measured
 * @property {number} overlap
 * @property {number} cancellation
 * @property {number} iterations
 * @property {"converged" | "iterations" | "interrupted" | "stalled"} stop
 * @property {number} seconds
 * @property {number} seed of the start that was kept
 * @property {string} note "" or what the reader should know
 * @property {{iteration: Uint32Array, seconds: Float64Array, loss: Float64Array}} trace
 * @property {{iteration: Uint32Array, values: Uint8Array, scale: Float32Array, signed: boolean}
 *            | null} snapshots count x r x p and count x r, in the order of H
 * @property {{share: Float32Array, dominant: Int32Array} | null} memberships n x r, rows sum to 1;
 *           dominant: n, the component with the largest share, -1: none explains the image
 * @property {ArrayBuffer} basisFile H as the bytes of a .npy file, r x h x w (x c)
 * @property {ArrayBuffer} weightsFile W as the bytes of a .npy file, n x r
 */

(() => {
  const STATUS = ["ok", "memory", "argument", "shape", "domain", "io", "format", "numeric", "data", "stopped"];
  const SIGNED = 2, MEMBERSHIPS = 32; // of mien_trait
  const U16 = 1; // of mien_pixel_type
  const EVERY = 16; // milliseconds: a screen shows no more

  // live.h's enumerations, in their order
  const DATA = ["n", "height", "width", "channels", "dataType", "values", "gain", "center", "offset", "lower", "upper",
    "white", "blackBorder", "refused", "components"];
  const FIT = ["n", "p", "r", "W", "H", "mu", "loss", "penalty", "relativeError", "explainedVariance", "sparseness",
    "weightsSparseness", "localisation", "overlap", "cancellation", "iterations", "seconds", "seed", "trace",
    "traceCount", "snapshots", "snapshotIterations", "snapshotValues", "snapshotScales", "shares", "dominant"];

  /** A refusal in mien's words. */
  class Refusal extends Error {
    /** @param {string} message @param {number} status of mien_status */
    constructor(message, status) {
      super(message);
      this.status = STATUS[status] || "argument";
    }
  }

  /** @type {any} the module's exports */
  let mien = null;
  /** @type {string[]} names of methods */
  let methods = [];
  /** @type {{image: string[], refused: {name: string, reason: string}[], ink: string, normalize: string} | null} */
  let words = null;
  /** @type {{name: string, reason: string}[]} pictures that could not even be added */
  let early = [];
  /** @type {any} the message that is being answered */
  let asked = null;
  /** @type {any} the fit under way */
  let fit = null;

  /** @param {string} type @param {object} [content] @param {ArrayBuffer[]} [transfer] */
  const say = (type, content, transfer) =>
    self.postMessage({type, ...(asked && asked.id !== undefined ? {id: asked.id} : {}), ...content}, transfer || []);

  // ---------------------------------------------------------------- the module's memory
  // It may grow with any call, and views of it are stale then: none is kept.

  /** A copy of `count` numbers. @param {any} Kind @param {number} at @param {number} count */
  const copy = (Kind, at, count) => new Kind(mien.memory.buffer, at, count).slice();

  /** @param {number} at @returns {string | null} */
  const text = at => {
    if (!at)
      return null;
    const bytes = new Uint8Array(mien.memory.buffer, at);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  };

  /** Copy bytes in; the module's from then on, or to be freed. @param {Uint8Array} bytes */
  const put = bytes => {
    const at = mien.live_alloc(bytes.length);
    if (!at)
      throw new Refusal("out of memory", 1);
    new Uint8Array(mien.memory.buffer, at, bytes.length).set(bytes);
    return at;
  };

  /** A string for C, without the zeros it might hold. @param {string} string */
  const putText = string => put(new TextEncoder().encode(string.split("\0").join("") + "\0"));

  /** Call `use` with strings of C. @param {string[]} strings @param {(...at: number[]) => number} use */
  const withTexts = (strings, use) => {
    const places = strings.map(putText);
    const result = use(...places);
    places.forEach(mien.live_free);
    return result;
  };

  /** @param {number} status */
  const check = status => {
    if (status)
      throw new Refusal(text(mien.live_message()) || "", status);
  };

  /** The numbers at `at`, by their names. @param {string[]} names @param {number} at */
  const numbers = (names, at) => {
    const values = new Float64Array(mien.memory.buffer, at, names.length);
    return Object.fromEntries(names.map((name, i) => [name, values[i]]));
  };

  // ---------------------------------------------------------------- the module itself

  /** What wasi-libc asks a system for: the time, and to write, which goes nowhere. */
  const wasi = {
    clock_time_get: (/** @type {number} */ _clock, /** @type {bigint} */ _precision, /** @type {number} */ at) => {
      new DataView(mien.memory.buffer).setBigUint64(at, BigInt(Math.round(performance.now() * 1e6)), true);
      return 0;
    },
    environ_sizes_get: (/** @type {number} */ count, /** @type {number} */ size) => {
      const view = new DataView(mien.memory.buffer);
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    proc_exit: (/** @type {number} */ code) => {
      throw new Error(`mien ended with ${code}`);
    },
  };
  const NOT_THERE = 8; // wasi: a bad file descriptor

  const page = {
    progress: (/** @type {number[]} */ ...told) => {
      const [done, total, loss, run, runs] = told;
      const now = performance.now();
      if (!fit) {
        if (now - asked.posted >= EVERY * 4) {
          asked.posted = now;
          say("progress", {stage: "reading", done, total});
        }
        return 1;
      }
      Object.assign(fit, {done, total, loss, run: run || 1, runs: runs || 1});
      fit.told.push(done, loss);
      return now - fit.began < fit.limit ? 1 : 0;
    },
    wants: () => performance.now() - fit.posted >= fit.every ? 1 : 0,
    view: (/** @type {number} */ iteration, /** @type {number} */ values, /** @type {number} */ scale,
      /** @type {number} */ W) => {
      const now = performance.now(), {r, p, image} = fit;
      const basis = copy(Uint8Array, values, r * p), scales = copy(Float32Array, scale, r);
      const weights = W && image !== undefined ? copy(Float32Array, W + 4 * r * image, r) : null;
      const told = Float64Array.from(fit.told);
      fit.told = [];
      fit.posted = now;
      say("frame", {method: fit.method, iteration, done: fit.done, total: fit.total, loss: fit.loss, told,
        run: fit.run, runs: fit.runs, seconds: (now - fit.began) / 1000, basis, scale: scales,
        signed: fit.signed, weights},
      [basis.buffer, scales.buffer, told.buffer, ...(weights ? [weights.buffer] : [])]);
    },
  };

  /** @param {WebAssembly.Module | ArrayBuffer} given */
  const start = async given => {
    const module = given instanceof WebAssembly.Module ? given : await WebAssembly.compile(given);
    const system = Object.fromEntries(WebAssembly.Module.imports(module).filter(i => i.module !== "page")
      .map(i => [i.name, /** @type {any} */ (wasi)[i.name] || (() => NOT_THERE)]));
    mien = (await WebAssembly.instantiate(module, {page, wasi_snapshot_preview1: system})).exports;
    mien._initialize();
    const known = describeMethods();
    methods = known.map(method => method.name);
    say("ready", {version: text(mien.live_version()), methods: known});
  };

  const describeMethods = () => {
    const list = [];
    for (let m = 0; mien.live_method_text(m, 0); m++) {
      const [name, title, motto, longTitle, citation] = [0, 1, 2, 3, 4].map(i => text(mien.live_method_text(m, i)) || "");
      const traits = mien.live_method_number(m, 0), options = [];
      for (let o = 0; mien.live_option_text(m, o, 0); o++) {
        const [key, choices, help] = [0, 1, 2].map(i => text(mien.live_option_text(m, o, i)));
        const [initial, min, max] = [0, 1, 2].map(i => mien.live_option_number(m, o, i));
        const split = choices ? choices.split("|") : null;
        options.push({key, choices: split, initial: split ? split[initial] : initial, min, max, help});
      }
      list.push({name, title, motto, longTitle, citation, signed: !!(traits & SIGNED),
        memberships: !!(traits & MEMBERSHIPS), tolerance: mien.live_method_number(m, 1), options});
    }
    return list;
  };

  /** @param {object} [options] */
  const setOptions = options => {
    mien.live_options();
    early = [];
    for (const [key, value] of Object.entries(options || {}))
      if (value !== undefined)
        check(withTexts([key, typeof value === "boolean" ? String(+value) : String(value)], mien.live_set));
  };

  // ---------------------------------------------------------------- the data set

  /** @param {any} image */
  const add = image => {
    const pixels = image.rgba !== undefined, bytes = new Uint8Array(pixels ? image.rgba : image.bytes);
    if (pixels && bytes.length !== 4 * image.width * image.height)
      throw new Refusal(`${image.name}: ${bytes.length} bytes are not ${image.width}x${image.height} pixels`, 3);
    const name = putText(String(image.name)), at = put(bytes);
    const status = pixels ? mien.live_add_rgba(name, at, image.width, image.height)
      : mien.live_add_file(name, at, bytes.length);
    if (status)
      early.push({name: String(image.name), reason: text(mien.live_message()) || ""});
  };

  const read = () => {
    words = null;
    check(mien.live_read());
    const data = numbers(DATA, mien.live_data());
    const list = (/** @type {number} */ count, /** @type {number} */ what) =>
      Array.from({length: count}, (_, i) => text(mien.live_data_text(what, i)) || "");
    const names = list(data.refused, 1), reasons = list(data.refused, 2);
    words = {image: list(data.n, 0), refused: [...early, ...names.map((name, i) => ({name, reason: reasons[i]}))],
      ink: text(mien.live_data_text(3, 0)) || "", normalize: text(mien.live_data_text(4, 0)) || ""};
  };

  /** What another worker read. @param {any} store */
  const take = store => {
    const {n, height, width, channels, values, gain, center, offset, lower, upper} = store;
    words = null;
    check(mien.live_take(n, height, width, channels, values.BYTES_PER_ELEMENT === 2 ? U16 : 0, !!gain));
    const data = numbers(DATA, mien.live_data());
    const write = (/** @type {any} */ array, /** @type {number} */ at) => {
      if (array)
        new array.constructor(mien.memory.buffer, at, array.length).set(array);
    };
    write(values, data.values);
    write(gain, data.gain);
    write(center, data.center);
    write(offset, data.offset);
    mien.live_take_range(lower, upper);
    words = store.words;
  };

  /** @param {any} [store] what was taken; its numbers are those of its reader */
  const postData = store => {
    const {values, gain, center, offset, dataType, refused: _, ...rest} = numbers(DATA, mien.live_data());
    const p = rest.height * rest.width * rest.channels;
    const each = (/** @type {number} */ at) => at ? copy(Float32Array, at, rest.n) : null;
    const content = {...rest, p, white: store ? store.white : rest.white,
      blackBorder: store ? store.blackBorder : rest.blackBorder,
      values: copy(dataType === U16 ? Uint16Array : Uint8Array, values, rest.n * p), gain: each(gain),
      center: each(center), offset: each(offset)};
    const most = Object.fromEntries(methods.map((name, m) => [name, mien.live_most(m)]));
    const known = /** @type {NonNullable<typeof words>} */ (words);
    say("data", {...content, names: known.image, refused: known.refused, ink: known.ink, normalize: known.normalize,
      most, store: {...content, words: known}});
  };

  // ---------------------------------------------------------------- the fit

  /** An array as a file of NumPy's. @param {Float32Array} values @param {number[]} dims */
  const npy = (values, dims) => {
    const shape = `(${dims.join(", ")}${dims.length === 1 ? "," : ""})`;
    const head = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
    const length = Math.ceil((head.length + 11) / 64) * 64; // magic, version and length take 10 bytes, a newline 1
    const file = new Uint8Array(length + values.byteLength);
    file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
    file.set(new TextEncoder().encode(head.padEnd(length - 11) + "\n"), 10);
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), length);
    return file.buffer;
  };

  const postFit = () => {
    const all = numbers(FIT, mien.live_fit()), {n, p, r} = all;
    const {height, width, channels} = numbers(DATA, mien.live_data());
    const {W: atW, H: atH, mu, trace, traceCount, snapshots, snapshotIterations, snapshotValues, snapshotScales,
      shares, dominant, ...rest} = all;
    const rows = copy(Float64Array, trace, 3 * traceCount);
    const column = (/** @type {any} */ Kind, /** @type {number} */ c) => Kind.from({length: traceCount},
      (/** @type {any} */ _, /** @type {number} */ t) => rows[3 * t + c]);
    const W = copy(Float32Array, atW, n * r), H = copy(Float32Array, atH, r * p);
    const basisFile = npy(H, [r, height, width, ...(channels > 1 ? [channels] : [])]), weightsFile = npy(W, [n, r]);
    say("done", {method: fit.method, ...rest, W, H, mu: mu ? copy(Float32Array, mu, p) : null,
      lossName: text(mien.live_fit_text(0)), stop: text(mien.live_fit_text(1)), note: text(mien.live_fit_text(2)),
      trace: {iteration: column(Uint32Array, 0), seconds: column(Float64Array, 1), loss: column(Float64Array, 2)},
      snapshots: snapshots ? {iteration: copy(Uint32Array, snapshotIterations, snapshots),
        values: copy(Uint8Array, snapshotValues, snapshots * r * p),
        scale: copy(Float32Array, snapshotScales, snapshots * r), signed: fit.signed} : null,
      memberships: shares ? {share: copy(Float32Array, shares, n * r), dominant: copy(Int32Array, dominant, n)} : null,
      basisFile, weightsFile}, [W.buffer, H.buffer, basisFile, weightsFile]);
  };

  /** @param {any} message */
  const learn = message => {
    const {seconds, ...options} = message.options || {};
    const data = numbers(DATA, mien.live_data()), m = methods.indexOf(message.method), now = performance.now();
    if (message.image !== undefined && !(message.image >= 0 && message.image < data.n))
      throw new Refusal(`image ${message.image}: there are ${data.n}`, 2);
    setOptions({snapshots: true, ...options});
    fit = {method: message.method, began: now, posted: now - EVERY, every: message.every ?? EVERY, told: [],
      limit: seconds === undefined ? Infinity : 1000 * seconds, p: data.height * data.width * data.channels,
      r: options.components || data.components, image: message.image, done: 0, total: 0, loss: NaN, run: 1, runs: 1,
      signed: m >= 0 && !!(mien.live_method_number(m, 0) & SIGNED)};
    check(withTexts([String(message.method)], mien.live_learn));
    postFit();
  };

  // ---------------------------------------------------------------- messages

  /** @type {Object<string, (message: any) => any>} */
  const answers = {
    module: message => start(message.module),
    images: message => {
      if (!asked.goesOn)
        setOptions(message.options);
      message.images.forEach(add);
      if (message.more)
        return say("added", {count: message.images.length});
      read();
      postData();
    },
    draw: message => {
      setOptions(message.options);
      check(withTexts([message.what], mien.live_draw));
      read();
      postData();
    },
    store: message => {
      take(message.store);
      postData(message.store);
    },
    learn,
  };

  let goesOn = false, broken = "";
  self.onmessage = async (/** @type {MessageEvent} */ event) => {
    const message = event.data;
    asked = {id: message.id, posted: performance.now(), goesOn};
    goesOn = message.type === "images" && !!message.more;
    fit = null;
    try {
      if (broken)
        throw new Refusal(broken, 1);
      if (!answers[message.type])
        throw new Refusal(`${message.type}: there is no such message`, 2);
      if (!mien && message.type !== "module")
        throw new Refusal("the module comes first", 2);
      await answers[message.type](message);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) // its memory may be in any state
        broken = `mien broke down (${error.message}): begin with another worker`;
      say("error", {of: message.type, message: broken || String(/** @type {Error} */ (error).message),
        status: error instanceof Refusal ? error.status : "broken"});
    }
  };
})();
