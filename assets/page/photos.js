/* photos.js - pictures from a drop, a file field or the camera, as mien's module takes them.
 * SPDX-License-Identifier: MIT
 *
 * PNM goes to the module as it is, and is read by mien. What only the browser can read is drawn on
 * a canvas, not much larger than it is learned, and goes as RGBA. Order is mien's: digits by value. */

/** @typedef {{name: string, file: Blob}} Photo */
/** @typedef {{left: [number, number], right: [number, number]}} Eyes in shares of width and height */
/** @typedef {{name: string, bytes: ArrayBuffer}|{name: string, width: number, height: number, rgba: ArrayBuffer}} Picture */

const isDigit = (/** @type {string} */ c) => c >= "0" && c <= "9";

/**
 * Two names as mien orders those of a folder (src/read/folder.c): runs of digits by value.
 * @param {string} a
 * @param {string} b
 */
function compareNames(a, b) {
    let i = 0, j = 0;
    while (i < a.length && j < b.length) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            const x = /** @type {RegExpMatchArray} */ (a.slice(i).match(/^0*(\d*)/));
            const y = /** @type {RegExpMatchArray} */ (b.slice(j).match(/^0*(\d*)/));
            if (x[1].length !== y[1].length) return x[1].length - y[1].length;
            if (x[1] !== y[1]) return x[1] < y[1] ? -1 : 1;
            i += x[0].length;
            j += y[0].length;
        } else if (a[i] !== b[j]) return a[i] < b[j] ? -1 : 1;
        else {
            i++;
            j++;
        }
    }
    if (i < a.length || j < b.length) return i < a.length ? 1 : -1;
    return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Two paths, folder by folder.
 * @param {string} a
 * @param {string} b
 */
export function comparePaths(a, b) {
    const x = a.split("/"), y = b.split("/");
    for (let k = 0; k < Math.min(x.length, y.length); k++) {
        const order = compareNames(x[k], y[k]);
        if (order) return order;
    }
    return x.length - y.length;
}

const looksLikePicture = /\.(p[bgpn]m|png|jpe?g|bmp|gif|webp|avif|tiff?)$/i;
export const isPnm = /\.p[bgpn]m$/i;

/** @param {string} path */
const isHidden = (path) => path.split("/").some((name) => name.startsWith("."));

/**
 * Photos among files of a field: below a chosen folder its own name is left away, as mien does.
 * @param {Iterable<File>} files
 * @returns {{photos: Photo[], others: File[]}}
 */
export function photosOfFiles(files) {
    /** @type {Photo[]} */
    const photos = [];
    /** @type {File[]} */
    const others = [];
    for (const file of files) {
        const path = file.webkitRelativePath;
        const name = path ? path.split("/").slice(1).join("/") : file.name;
        if (isHidden(name)) continue;
        if (looksLikePicture.test(name)) photos.push({ name, file });
        else others.push(file);
    }
    photos.sort((a, b) => comparePaths(a.name, b.name));
    return { photos, others };
}

/**
 * What a folder of a drop holds. An entry's reader hands out a hundred at a time.
 * @param {any} folder
 * @returns {Promise<any[]>}
 */
async function insideOf(folder) {
    const all = [];
    if (folder.kind) {
        for await (const one of folder.values()) all.push(one);
        return all;
    }
    const reader = folder.createReader();
    for (;;) {
        const some = await new Promise((ok, no) => reader.readEntries(ok, no));
        if (!some.length) return all;
        all.push(...some);
    }
}

/**
 * Photos of a drop, of the folders in it, too.
 * @param {DataTransfer} transfer
 * @returns {Promise<{photos: Photo[], others: File[]}>}
 */
export async function photosOfDrop(transfer) {
    // All are asked for before the first wait: the drop's list is gone afterwards. Chromium reads no entries for a page
    // opened from disk, but has handles, which other browsers lack.
    const roots = (await Promise.all([...transfer.items].filter((item) => item.kind === "file").map((/** @type {any} */ item) =>
        item.getAsFileSystemHandle ? item.getAsFileSystemHandle() : item.webkitGetAsEntry()))).filter(Boolean);
    if (!roots.length) return photosOfFiles(transfer.files);
    /** @type {Photo[]} */
    const photos = [];
    /** @type {File[]} */
    const others = [];
    const isFolder = (/** @type {any} */ one) => one.kind === "directory" || one.isDirectory;
    /** @param {any} one @param {string} name */
    const take = async (one, name) => {
        if (one.name.startsWith(".")) return;
        if (isFolder(one)) {
            await Promise.all((await insideOf(one)).map((each) => take(each, name ? `${name}/${each.name}` : each.name)));
            return;
        }
        const file = one.kind ? await one.getFile() : await new Promise((ok, no) => one.file(ok, no));
        if (looksLikePicture.test(one.name)) photos.push({ name, file });
        else others.push(file);
    };
    // one folder is INPUT itself: names are those below it
    const alone = roots.length === 1;
    await Promise.all(roots.map((root) => take(root, alone && isFolder(root) ? "" : root.name)));
    photos.sort((a, b) => comparePaths(a.name, b.name));
    return { photos, others };
}

/**
 * Where a photograph is drawn so that both eyes lie level, a third of the side from the left and
 * the right edge and 42 % from the top: a similarity transform (turn, scale, shift).
 * @param {Eyes} eyes
 * @param {number} width of the photograph
 * @param {number} height
 * @param {number} side of the square
 */
function transformOf(eyes, width, height, side) {
    const ax = eyes.left[0] * width, ay = eyes.left[1] * height;
    const dx = eyes.right[0] * width - ax, dy = eyes.right[1] * height - ay;
    const apart = dx * dx + dy * dy;
    const wanted = side / 3;
    const a = (wanted * dx) / apart, b = (-wanted * dy) / apart;
    return { a, b: b, c: -b, d: a, e: side / 3 - (a * ax - b * ay), f: 0.42 * side - (b * ax + a * ay) };
}

/**
 * A photograph as the module takes it: with eyes their square, else the whole picture, reduced
 * where it is much larger than it will be learned.
 * @param {Photo} photo
 * @param {number} longest side that is worth keeping
 * @param {Eyes|undefined} eyes
 * @returns {Promise<Picture>}
 */
export async function readPhoto({ name, file }, longest, eyes) {
    if (isPnm.test(name) && !eyes) return { name, bytes: await file.arrayBuffer() };
    let bitmap;
    try {
        bitmap = await createImageBitmap(file);
    } catch {
        return { name, bytes: await file.arrayBuffer() }; // mien says what is wrong with it
    }
    const shrink = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    const width = eyes ? longest : Math.max(1, Math.round(bitmap.width * shrink));
    const height = eyes ? longest : Math.max(1, Math.round(bitmap.height * shrink));
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (
        canvas.getContext("2d", { willReadFrequently: true }));
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff"; // behind what is transparent
    context.fillRect(0, 0, width, height);
    if (eyes) {
        const t = transformOf(eyes, bitmap.width, bitmap.height, longest);
        context.setTransform(t.a, t.b, t.c, t.d, t.e, t.f);
        context.drawImage(bitmap, 0, 0);
    } else context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const rgba = context.getImageData(0, 0, width, height).data.buffer;
    return { name, width, height, rgba };
}

/**
 * All photographs, in order, a few at a time so that the page stays alive.
 * @param {Photo[]} photos
 * @param {number} longest
 * @param {Map<string, Eyes>} eyes by name
 * @param {(done: number) => void} told
 * @returns {Promise<Picture[]>}
 */
export async function readPhotos(photos, longest, eyes, told) {
    const together = 64;
    /** @type {Picture[]} */
    const pictures = [];
    for (let first = 0; first < photos.length; first += together) {
        const some = photos.slice(first, first + together);
        pictures.push(...await Promise.all(some.map((p) => readPhoto(p, longest, eyes.get(p.name)))));
        told(pictures.length);
    }
    return pictures;
}
