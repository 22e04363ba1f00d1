/* live.js - mien.html: drop a folder, and four methods learn before your eyes.
 * SPDX-License-Identifier: MIT
 *
 * Every method has a worker of its own (worker.js), which runs mien's C. The first of them reads
 * the pictures and hands the others a copy. What they learned becomes a run as report.html holds it,
 * and is shown by the same sections. Nothing leaves the machine: the page's policy allows no request. */
import { buildPage, firstChoice } from "./app.js";
import { canvasOf, el, words } from "./dom.js";
import { eyesPanel } from "./eyes.js";
import { inflate } from "./data.js";
import { packReport } from "./pack.js";
import { paint, toneFit } from "./paint.js";
import { isPnm, photosOfDrop, photosOfFiles, readPhotos } from "./photos.js";
import { State } from "./state.js";

/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */
/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./photos.js").Eyes} Eyes */

const METHODS = ["nmf", "kmeans", "pca", "ica"];

/** Pictures as they are, up to so many pixels; larger ones become squares of this side. */
const MOST_PIXELS = 128 * 128;
const SIDE = 64;

/* ---------------------------------------------------------------- a worker */

/** A worker that answers one question at a time. */
class Helper {
    /** @param {string} url of the worker's text */
    constructor(url) {
        this.worker = new Worker(url);
        /** @type {((message: any) => void)} */
        this.told = () => {};
        this.busy = false;
    }

    /**
     * The answer to a message; what comes before it (frames, progress) goes to `told`.
     * @param {any} message
     * @param {Transferable[]} [transfer]
     * @returns {Promise<any>}
     */
    ask(message, transfer = []) {
        this.busy = true;
        return new Promise((ok, no) => {
            this.worker.onmessage = ({ data }) => {
                if (data.type === "frame" || data.type === "progress") {
                    this.told(data);
                    return;
                }
                this.busy = false;
                if (data.type === "error") no(new Error(data.message));
                else ok(data);
            };
            this.worker.onerror = (event) => no(new Error(event.message || "the worker failed"));
            this.worker.postMessage(message, transfer);
        });
    }

    end() {
        this.worker.terminate();
    }
}

/* ---------------------------------------------------------------- what is learned becomes a run */

/**
 * Images of the page out of what the worker read.
 * @param {any} data
 * @returns {import("./data.js").Images}
 */
function imagesOf(data) {
    const { n, p, values, gain, center, offset, lower, upper, white } = data;
    const toByte = white > 0 ? 255 / white : 1;
    return {
        count: n,
        index: null,
        names: data.names,
        labels: null,
        untouched: Uint8Array.from(values, (/** @type {number} */ v) => Math.round(v * toByte)),
        prepared(place, out) {
            for (let j = 0; j < p; j++) {
                const v = values[place * p + j];
                out[j] = gain ? Math.min(Math.max(gain[place] * (v - center[place]) + offset[place], lower), upper) : v;
            }
            return out;
        },
    };
}

/**
 * At most eight moments of a fit, the first and the last among them.
 * @param {any} snapshots
 * @param {number} r
 * @param {any} data
 */
function momentsOf(snapshots, r, data) {
    if (!snapshots || snapshots.iteration.length < 2) return null;
    const count = snapshots.iteration.length, shown = Math.min(8, count), size = r * data.p;
    const chosen = Array.from({ length: shown }, (_, m) => Math.round((m * (count - 1)) / (shown - 1)));
    const values = new Uint8Array(shown * size);
    chosen.forEach((at, m) => values.set(snapshots.values.subarray(at * size, (at + 1) * size), m * size));
    return {
        iteration: chosen.map((at) => snapshots.iteration[at]),
        scale: chosen.flatMap((at) => Array.from(snapshots.scale.subarray(at * r, (at + 1) * r))),
        values,
        width: data.width,
        height: data.height,
    };
}

/**
 * Exemplars of each component: images by weight; of clusters, whose weights are all alike, by
 * nearness to the centroid.
 * @param {any} done
 * @param {any} info
 * @param {import("./data.js").Images} images
 */
function exemplarsOf(done, info, images) {
    const { n, r, p, W, H } = done;
    const x = new Float32Array(p);
    const rank = new Float64Array(n);
    return Array.from({ length: r }, (_, k) => {
        const users = [];
        for (let i = 0; i < n; i++) {
            if (!(W[i * r + k] > 0)) continue;
            users.push(i);
            rank[i] = W[i * r + k];
            if (info.name !== "kmeans") continue;
            images.prepared(i, x);
            rank[i] = 0;
            for (let j = 0; j < p; j++) rank[i] -= (x[j] - H[k * p + j]) ** 2;
        }
        return users.sort((a, b) => rank[b] - rank[a] || a - b).slice(0, 8);
    });
}

/**
 * @param {any} done what the worker learned
 * @param {any} info of the method
 * @param {any} data
 * @param {import("./data.js").Images} images
 * @returns {Fit}
 */
function fitOf(done, info, data, images) {
    const shares = done.memberships;
    const share = shares && Array.from({ length: done.r }, (_, k) => {
        let sum = 0;
        for (let i = k; i < shares.share.length; i += done.r) sum += shares.share[i];
        return sum / done.n;
    });
    return {
        name: info.name,
        title: info.title,
        motto: info.motto,
        long_title: info.longTitle,
        citation: info.citation,
        signed: info.signed,
        memberships: info.memberships,
        clusters: info.name === "kmeans",
        in_steps: info.name === "nmf" || info.name === "pca",
        monotone: info.name !== "ica",
        objective: /KL/.test(done.lossName) ? "kl" : /half/.test(done.lossName) ? "half-squares" : "squares",
        r: done.r,
        loss: done.loss,
        loss_name: done.lossName,
        penalty: done.penalty,
        relative_error: done.relativeError,
        explained_variance: done.explainedVariance,
        iterations: done.iterations,
        seconds: done.seconds,
        stop: done.stop,
        note: done.note,
        seed: done.seed,
        sparseness: done.sparseness,
        weights_sparseness: done.weightsSparseness,
        localisation: done.localisation,
        overlap: done.overlap,
        cancellation: done.cancellation,
        H: done.H,
        W: done.W,
        mean: done.mu,
        share,
        exemplars: info.memberships ? exemplarsOf(done, info, images) : null,
        history: {
            iteration: Array.from(done.trace.iteration),
            loss: Array.from(done.trace.loss),
            seconds: Array.from(done.trace.seconds),
        },
        snapshots: momentsOf(done.snapshots, done.r, data),
        cross: null,
        agreement: null,
    };
}

/** A word of a command line, quoted if need be. @param {string|number} word */
const quoted = (word) => (/^[\w./,:=+-]+$/.test(String(word)) ? String(word) : `'${String(word).replace(/'/g, "'\\''")}'`);

/**
 * The same on the command line.
 * @param {string[]} what "compare" and INPUT, or "demo" and what was drawn
 * @param {any} data
 * @param {Settings} settings what size 0 became in `size`
 */
function commandOf(what, data, settings) {
    const { learn, size } = settings;
    const parts = ["mien", ...what, "-o", "OUT", "-r", learn.components ?? data.components, "--ink", data.ink];
    for (const [key, value] of Object.entries(learn))
        if (key !== "components" && value !== undefined) parts.push(`--${key}`, value);
    if (size) parts.push("--size", `${size}x${size}`, "--fit", settings.fit);
    return parts.map(quoted).join(" ");
}

/* ---------------------------------------------------------------- settings */

/**
 * @typedef {object} Settings
 * @property {number} size side of the squares; 0: by itself
 * @property {"crop"|"pad"|"stretch"} fit
 * @property {"auto"|"dark"|"light"} ink
 * @property {Record<string, any>} learn options as the worker takes them, NMF's own among them
 */

/**
 * The fields of settings, and what they say.
 * @returns {{form: HTMLElement, read: () => Settings}}
 */
function settingsForm() {
    const choice = (/** @type {string} */ id, /** @type {[string, string][]} */ options) =>
        el("select", { id }, options.map(([value, text]) => el("option", { value }, text)));
    const number = (/** @type {string} */ id, /** @type {string} */ hint, /** @type {number} */ min) =>
        el("input", { id, type: "number", min, step: 1, placeholder: hint });
    const fields = {
        components: number("live-components", "by the data", 1),
        iterations: number("live-iterations", "500", 1),
        seed: number("live-seed", "0", 0),
        size: number("live-size", "by the pictures", 8),
        fit: choice("live-fit", [["crop", "cut out the middle"], ["pad", "keep all, fill the rest"], ["stretch", "stretch"]]),
        ink: choice("live-ink", [["auto", "by the pictures"], ["dark", "dark: pencil on paper"], ["light", "light: lamp on black"]]),
        objective: choice("live-objective", [["kl", "Kullback–Leibler"], ["frobenius", "squared error"]]),
        solver: choice("live-solver", [["fast", "fast"], ["mu", "mu: the textbook's updates"], ["hals", "hals"]]),
    };
    const labels = { components: "parts", iterations: "iterations at most", seed: "seed", size: "side in pixels", fit: "other shapes",
        ink: "ink", objective: "NMF minimises", solver: "NMF's solver" };
    const form = el("details", { class: "settings" }, el("summary", null, "Settings"),
        el("div", { class: "fields" }, Object.entries(fields).map(([key, field]) =>
            el("label", null, el("span", null, labels[/** @type {keyof typeof labels} */ (key)]), field))));
    const whole = (/** @type {HTMLInputElement} */ field) => {
        const value = Math.round(Number(field.value));
        return field.value.trim() && Number.isFinite(value) && value >= Number(field.min) ? value : undefined;
    };
    return {
        form,
        read: () => ({
            size: whole(fields.size) || 0,
            fit: /** @type {any} */ (fields.fit.value),
            ink: /** @type {any} */ (fields.ink.value),
            learn: {
                components: whole(fields.components),
                iterations: whole(fields.iterations),
                seed: whole(fields.seed),
                objective: fields.objective.value === "kl" ? undefined : fields.objective.value,
                solver: fields.solver.value === "fast" ? undefined : fields.solver.value,
            },
        }),
    };
}

/* ---------------------------------------------------------------- a method at work */

/**
 * A card with the basis of a method as it is learned: all tiles on one canvas.
 * @param {any} info
 * @param {any} data
 * @param {number} r
 */
function workCard(info, data, r) {
    const columns = Math.ceil(Math.sqrt((r * data.height) / data.width)) || 1;
    const rows = Math.ceil(r / columns);
    const width = columns * (data.width + 1) - 1, height = rows * (data.height + 1) - 1;
    const canvas = canvasOf(width, height, `${info.title}: its ${r} basis images while it learns`,
        { canvas: "learning", method: info.name });
    const tile = canvasOf(data.width, data.height, "", {});
    const line = el("p", { class: "pace", "data-learning": info.name }, "waiting");
    const card = el("figure", { class: "work" },
        el("figcaption", null, el("b", null, info.title), " ", el("span", { class: "soft" }, info.motto)), canvas, line);
    let pending = /** @type {any} */ (null);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @param {(k: number) => Float32Array|number[]} tileOf @param {boolean} signed */
    const draw = (tileOf, signed) => {
        context.fillStyle = "#c9ced8"; // the lines between tiles
        context.fillRect(0, 0, width, height);
        for (let k = 0; k < r; k++) {
            const values = tileOf(k);
            paint(tile, values, { tone: toneFit(signed, values), palette: "esl", channels: data.channels, dark: data.ink === "dark" });
            context.drawImage(tile, (k % columns) * (data.width + 1), Math.floor(k / columns) * (data.height + 1));
        }
    };
    const values = new Float32Array(data.p);
    return {
        card,
        line,
        /** The latest frame, at the screen's pace. @param {any} frame */
        show(frame) {
            const first = !pending;
            pending = frame;
            if (!first) return;
            requestAnimationFrame(() => {
                const now = pending;
                pending = null;
                if (!now) return;
                const zero = now.signed ? 128 : 0;
                draw((k) => {
                    for (let j = 0; j < data.p; j++) values[j] = now.basis[k * data.p + j] - zero;
                    return values;
                }, now.signed);
                const start = now.runs > 1 ? `start ${now.run} of ${now.runs}, ` : "";
                line.textContent = `${start}iteration ${now.iteration} · loss ${words(now.loss, 6)}`;
            });
        },
        /** @param {any} done */
        finish(done) {
            pending = null;
            draw((k) => done.H.subarray(k * data.p, (k + 1) * data.p), info.signed);
            line.textContent = `${done.iterations} iterations · loss ${words(done.loss, 7)} · ${words(done.seconds, 2)} s`;
            line.dataset.loss = String(done.loss);
        },
        /** @param {Error} error */
        fail(error) {
            pending = null;
            line.textContent = error.message;
        },
    };
}

/* ---------------------------------------------------------------- downloads */

/**
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
function download(name, content, type) {
    const url = URL.createObjectURL(new Blob([content], { type }));
    el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/**
 * The figure: what each method learned, with its name above, on white.
 * @param {HTMLElement} works
 */
function saveFigure(works) {
    const cards = [...works.querySelectorAll("figure")];
    const side = 700, gap = 40, head = 56;
    const columns = Math.min(2, cards.length), rows = Math.ceil(cards.length / columns);
    const canvas = document.createElement("canvas");
    canvas.width = columns * (side + gap) + gap;
    canvas.height = rows * (side + head + gap) + gap;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "#16181d";
    cards.forEach((card, at) => {
        const picture = /** @type {HTMLCanvasElement} */ (card.querySelector("canvas"));
        const x = gap + (at % columns) * (side + gap), y = gap + Math.floor(at / columns) * (side + head + gap);
        const scale = Math.min(side / picture.width, side / picture.height);
        context.font = "600 30px system-ui, sans-serif";
        context.fillText(card.querySelector("figcaption")?.textContent || "", x, y + 34);
        context.imageSmoothingEnabled = scale < 2;
        context.drawImage(picture, x, y + head, picture.width * scale, picture.height * scale);
    });
    canvas.toBlob((blob) => blob && download("mien-figure.png", blob, "image/png"));
}

/* ---------------------------------------------------------------- the page */

class Live {
    /**
     * @param {WebAssembly.Module} module
     * @param {string} workerUrl
     */
    constructor(module, workerUrl) {
        this.module = module;
        this.workerUrl = workerUrl;
        /** @type {Helper[]} */
        this.helpers = [];
        /** @type {Photo[]} */
        this.photos = [];
        /** @type {Map<string, Eyes>} */
        this.eyes = new Map();
        this.drawn = "faces"; // what the module draws itself, while there are no photos
        this.input = "faces"; // as the command line would call it
        /** @type {Promise<any[]>} */
        this.ready = Promise.resolve([]);
        this.learning = false;
        this.turn = 0; // counts up with every start: what is late is not shown
        this.status = el("p", { id: "live-status", role: "status" });
        this.works = el("div", { class: "learning" });
        this.settings = settingsForm();
        this.extras = el("div", { class: "extras" });
        this.save = el("div", { class: "save", hidden: true });
        /** @type {any[]} */
        this.done = [];
    }

    /** @param {string} text */
    say(text) {
        this.status.textContent = text;
    }

    /**
     * A helper a method: those of before, unless one of them is still at work, which hears nothing.
     * @returns {Promise<any>} what the module says of itself
     */
    makeHelpers() {
        if (!this.helpers.length || this.helpers.some((helper) => helper.busy)) {
            for (const helper of this.helpers) helper.end();
            this.helpers = METHODS.map(() => new Helper(this.workerUrl));
            this.ready = Promise.all(this.helpers.map((h) => h.ask({ type: "module", module: this.module })));
        }
        return this.ready.then((all) => all[0]);
    }

    /** Photographs that were dropped, chosen or taken. @param {Photo[]} photos @param {string} input */
    take(photos, input) {
        if (photos.length < 2) {
            this.say(photos.length ? "One picture is not enough: parts are what many pictures share."
                : "There was no picture among what you gave (PNG, JPEG, PGM, ...).");
            return;
        }
        this.photos = photos;
        this.input = input;
        this.learn();
    }

    /**
     * What the reader is asked: pictures, or to draw some.
     * @param {Settings} settings
     */
    async gather(settings) {
        const options = { ink: settings.ink, fit: settings.fit,
            ...(settings.size ? { width: settings.size, height: settings.size } : {}) };
        if (!this.photos.length) return { message: { type: "draw", what: this.drawn, options }, transfer: [] };
        const first = isPnm.test(this.photos[0].name) ? null
            : await createImageBitmap(this.photos[0].file).catch(() => null);
        const large = first !== null && first.width * first.height > MOST_PIXELS;
        if ((large || this.eyes.size) && !settings.size) settings.size = options.width = options.height = SIDE;
        const side = options.width || Math.ceil(Math.sqrt(MOST_PIXELS));
        const count = this.photos.length;
        const images = await readPhotos(this.photos, count > 2000 ? side : 4 * side, this.eyes, (done) =>
            this.say(`Reading: ${done} of ${count}`));
        return { message: { type: "images", images, options },
            transfer: images.map((image) => ("bytes" in image ? image.bytes : image.rgba)) };
    }

    /** @param {any} data */
    tellData(data) {
        const refused = data.refused.length;
        this.say(`${data.n.toLocaleString("en")} pictures of ${data.width} × ${data.height} pixels, ${data.ink} ink`
            + (refused ? `. Not used: ${refused}, for example ${data.refused[0].name}: ${data.refused[0].reason}` : "") + ".");
    }

    /** Read, learn by all methods beside each other, show. */
    async learn() {
        const turn = ++this.turn;
        const settings = this.settings.read();
        this.save.hidden = true;
        this.learning = true;
        try {
            this.say("Reading");
            const [ready, question] = await Promise.all([this.makeHelpers(), this.gather(settings)]);
            if (turn !== this.turn) return;
            const helpers = this.helpers;
            const data = await helpers[0].ask(question.message, question.transfer);
            if (turn !== this.turn) return;
            this.tellData(data);
            await Promise.all(helpers.slice(1).map((h) => h.ask({ type: "store", store: data.store })));
            const infos = METHODS.map((name) => ready.methods.find((/** @type {any} */ m) => m.name === name));
            const images = imagesOf(data);
            const r = (/** @type {string} */ name) => Math.min(settings.learn.components || data.components, data.most[name]);
            const cards = infos.map((info) => workCard(info, data, r(info.name)));
            this.works.replaceChildren(...cards.map((c) => c.card));
            const results = await Promise.all(helpers.map((helper, m) => this.learnOne(helper, infos[m], data, settings, cards[m])));
            if (turn !== this.turn) return;
            this.done = results.filter(Boolean);
            const fits = this.done.map((done) => fitOf(done, infos[METHODS.indexOf(done.method)], data, images));
            this.show(data, images, fits, settings, ready.version);
        } catch (error) {
            if (turn === this.turn) this.say(/** @type {Error} */ (error).message);
        } finally {
            if (turn === this.turn) this.learning = false;
        }
    }

    /**
     * @param {Helper} helper
     * @param {any} info
     * @param {any} data
     * @param {Settings} settings
     * @param {ReturnType<typeof workCard>} card
     */
    async learnOne(helper, info, data, settings, card) {
        const own = new Set(info.options.map((/** @type {any} */ o) => o.key));
        const shared = ["components", "iterations", "seed"];
        const options = Object.fromEntries(Object.entries(settings.learn).filter(
            ([key, value]) => value !== undefined && (shared.includes(key) || own.has(key))));
        options.components = Math.min(settings.learn.components || data.components, data.most[info.name]);
        helper.told = (message) => message.type === "frame" && card.show(message);
        try {
            const done = await helper.ask({ type: "learn", method: info.name, options });
            card.finish(done);
            return done;
        } catch (error) {
            card.fail(/** @type {Error} */ (error));
            return null;
        }
    }

    /**
     * The page of the run, below.
     * @param {any} data
     * @param {import("./data.js").Images} images
     * @param {Fit[]} fits
     * @param {Settings} settings
     * @param {string} version
     */
    show(data, images, fits, settings, version) {
        if (!fits.length) return;
        const row = images.prepared(0, new Float32Array(data.p));
        /** @type {Run} */
        const run = {
            version,
            kind: "comparison",
            run: { command: commandOf([this.photos.length ? "compare" : "demo", this.input], data, settings), input: this.input, seed: settings.learn.seed || 0,
                fingerprint: "", interrupted: false, options: settings.learn },
            data: { n: data.n, p: data.p, height: data.height, width: data.width, channels: data.channels, is_table: false,
                normalize: data.normalize, ink: data.ink, clipped: 0, low: 0, high: 1, remarks: [], columns: null,
                refused: data.refused.map((/** @type {any} */ f) => ({ path: f.name, reason: f.reason })),
                n_refused: data.refused.length, n_skipped: 0 },
            palette: "esl",
            example: richestOf(fits[0]),
            images,
            methods: fits,
            failures: [],
            truth: null,
            studies: [],
        };
        const all = new Float32Array(data.n * data.p);
        for (let i = 0; i < data.n; i++) all.set(images.prepared(i, row), i * data.p);
        const high = all.reduce((a, b) => Math.max(a, b), 0) || 1;
        run.data.high = high;
        buildPage({ run, state: new State(firstChoice(run)) });
        this.offer(run, () => ({ prepared: Uint8Array.from(all, (v) => Math.round((255 * v) / high)), scale: high / 255 }));
    }

    /**
     * What can be taken away.
     * @param {Run} run
     * @param {() => {prepared: Uint8Array, scale: number}} images
     */
    offer(run, images) {
        const button = (/** @type {string} */ id, /** @type {string} */ text, /** @type {() => void} */ onclick) =>
            el("button", { id, type: "button", onclick }, text);
        this.save.replaceChildren(
            button("save-figure", "figure (PNG)", () => saveFigure(this.works)),
            button("save-report", "report (HTML)", async () =>
                download("report.html", await packReport(run, images()), "text/html")),
            ...this.done.map((done) => button(`save-${done.method}`, `${done.method}: basis, weights (.npy)`, () => {
                download(`${done.method}-basis.npy`, done.basisFile, "application/octet-stream");
                download(`${done.method}-weights.npy`, done.weightsFile, "application/octet-stream");
            })));
        this.save.hidden = false;
    }

    /** Everything above the run's own sections. */
    build() {
        const files = el("input", { id: "live-files", type: "file", multiple: true, class: "hidden-field",
            accept: "image/*,.pgm,.ppm,.pbm,.pnm,.json", "aria-label": "Choose pictures",
            onchange: () => this.given(photosOfFiles(files.files || []), "FOLDER") });
        const folder = el("input", { id: "live-folder", type: "file", webkitdirectory: true, class: "hidden-field",
            "aria-label": "Choose a folder", onchange: () => this.given(photosOfFiles(folder.files || []),
                folder.files?.[0]?.webkitRelativePath.split("/")[0] || "FOLDER") });
        const draw = (/** @type {string} */ what, /** @type {string} */ text) => el("button", { type: "button", "data-draw": what,
            onclick: () => {
                this.photos = [];
                this.drawn = this.input = what;
                this.learn();
            } }, text);
        const top = el("div", { id: "live", role: "region", "aria-labelledby": "live-heading" },
            el("h1", { id: "live-heading" }, "Drop a folder of pictures"),
            el("p", { class: "lead" }, "Four methods take them apart, beside each other, before your eyes: NMF, which may only add, "
                + "next to k-means, PCA and ICA. All of it happens in this page. Nothing leaves your machine."),
            el("div", { id: "drop", class: "drop" },
                el("p", null, "Drop pictures or a folder here: faces, leaves, digits, all seen the same way."),
                el("div", { class: "controls" },
                    el("label", { class: "button" }, folder, "choose a folder"),
                    el("label", { class: "button" }, files, "choose pictures"),
                    el("button", { type: "button", id: "camera", onclick: () => this.openCamera() }, "use the camera")),
                el("div", { class: "controls" }, el("span", { class: "soft" }, "or without pictures of your own:"),
                    draw("faces", "drawn faces"), draw("swimmer", "drawn swimmers"))),
            this.settings.form,
            el("div", { class: "controls" },
                el("button", { type: "button", id: "again", class: "main-button", onclick: () => this.learn() }, "learn again"),
                el("button", { type: "button", id: "stop", onclick: () => this.stop() }, "stop"),
                el("button", { type: "button", id: "align", onclick: () => this.openEyes() }, "align faces by their eyes")),
            this.extras, this.status, this.works, this.save);
        document.body.prepend(top);
        this.listen();
    }

    /** Drops anywhere on the page. */
    listen() {
        const drop = /** @type {HTMLElement} */ (document.getElementById("drop"));
        addEventListener("dragover", (event) => {
            event.preventDefault();
            drop.classList.add("over");
        });
        addEventListener("dragleave", () => drop.classList.remove("over"));
        addEventListener("drop", async (event) => {
            event.preventDefault();
            drop.classList.remove("over");
            if (!event.dataTransfer) return;
            const named = event.dataTransfer.items[0]?.webkitGetAsEntry()?.name;
            this.given(await photosOfDrop(event.dataTransfer), named || "FOLDER");
        });
    }

    /**
     * @param {{photos: Photo[], others: File[]}} what
     * @param {string} input
     */
    async given({ photos, others }, input) {
        this.eyes = new Map();
        for (const file of others) {
            if (file.name !== "eyes.json") continue;
            try {
                this.eyes = new Map(Object.entries(JSON.parse(await file.text())));
            } catch {
                this.say("eyes.json could not be read; the faces are not aligned.");
            }
        }
        this.take(photos, input);
    }

    stop() {
        if (!this.learning) return;
        this.learning = false;
        this.turn++;
        for (const helper of this.helpers) helper.end();
        this.helpers = [];
        this.say("Stopped. The cards show how far the parts had come; learn again begins anew.");
    }

    /** Two clicks a photograph. */
    openEyes() {
        if (!this.photos.length) {
            this.say("Give photographs first; the drawn ones are aligned already.");
            return;
        }
        this.extras.replaceChildren(eyesPanel(this.photos, this.eyes, {
            done: () => {
                this.extras.replaceChildren();
                this.learn();
            },
            save: () => download("eyes.json", JSON.stringify(Object.fromEntries(this.eyes), null, 1), "application/json"),
        }));
    }

    /** Photographs of the camera, square, added one by one. */
    async openCamera() {
        let stream;
        try {
            stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
        } catch (error) {
            this.say(`The camera is not to be had: ${/** @type {Error} */ (error).message}.`);
            return;
        }
        const video = el("video", { autoplay: true, playsinline: true, class: "camera", "aria-label": "What the camera sees" });
        video.muted = true;
        video.srcObject = stream;
        /** @type {Photo[]} */
        const taken = [];
        const count = el("span", { role: "status" }, "none yet");
        const close = () => {
            for (const track of stream.getTracks()) track.stop();
            this.extras.replaceChildren();
        };
        const snap = () => {
            const side = Math.min(video.videoWidth, video.videoHeight);
            if (!side) return;
            const canvas = el("canvas", { width: side, height: side });
            canvas.getContext("2d")?.drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2,
                side, side, 0, 0, side, side);
            canvas.toBlob((blob) => {
                if (!blob) return;
                taken.push({ name: `camera-${taken.length + 1}.png`, file: blob });
                count.textContent = `${taken.length} taken`;
            });
        };
        this.extras.replaceChildren(el("div", { class: "panel" }, video,
            el("p", { class: "note" }, "Twenty or more, the eyes always in the same place. They stay in this page."),
            el("div", { class: "controls" },
                el("button", { type: "button", id: "snap", onclick: snap }, "take one"),
                el("button", { type: "button", onclick: () => {
                    close();
                    this.take(taken, "FOLDER");
                } }, "learn from them"),
                el("button", { type: "button", onclick: close }, "close"), count)));
    }
}

/**
 * The image that the figure shows: the one that NMF's parts explain with the most of them.
 * @param {Fit} fit
 */
function richestOf(fit) {
    let best = 0, most = -1;
    for (let i = 0; i * fit.r < fit.W.length; i++) {
        let used = 0;
        for (let k = 0; k < fit.r; k++) used += fit.W[i * fit.r + k] > 0 ? 1 : 0;
        if (used > most) [best, most] = [i, used];
    }
    return best;
}

/** Open mien.html. */
async function openLive() {
    const text = (/** @type {string} */ id) => document.getElementById(id)?.textContent || "";
    const module = await WebAssembly.compile(/** @type {any} */ (await inflate(text("mien-module"))));
    const url = URL.createObjectURL(new Blob([text("mien-worker")], { type: "text/javascript" }));
    const live = new Live(module, url);
    live.build();
    await live.learn();
}

if (document.getElementById("mien-module"))
    openLive().catch((error) => {
        const main = document.querySelector("main");
        if (main) main.textContent = `This page could not be opened: ${error.message}`;
    });
