/* eyes.js - faces aligned by two clicks a photograph: the eyes come to lie in the same places.
 * SPDX-License-Identifier: MIT */
import { el } from "./dom.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./photos.js").Eyes} Eyes */

const LARGEST = 640; // a photograph on the screen

/**
 * One photograph after the other; a click on the eye at the left, one on the eye at the right.
 * Keys: arrows move the cross, Enter sets it.
 * @param {Photo[]} photos
 * @param {Map<string, Eyes>} eyes by name, filled
 * @param {{done: () => void, save: () => void}} then
 */
export function eyesPanel(photos, eyes, then) {
    let at = 0;
    /** @type {[number, number]|null} */
    let left = null;
    /** @type {[number, number]} */
    let cross = [0.35, 0.42];
    /** @type {ImageBitmap|null} */
    let bitmap = null;
    const canvas = el("canvas", { tabindex: 0, role: "application", class: "eyes",
        "aria-label": "Photograph: click both eyes, the one at the left first; or move the cross by arrow keys and press Enter" });
    const line = el("p", { role: "status" });

    const draw = () => {
        const context = canvas.getContext("2d");
        if (!context || !bitmap) return;
        context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        const known = eyes.get(photos[at].name);
        const marks = left ? [left] : known ? [known.left, known.right] : [];
        const mark = (/** @type {[number, number]} */ [x, y], /** @type {string} */ color, /** @type {number} */ size) => {
            context.strokeStyle = color;
            context.lineWidth = 2;
            context.beginPath();
            context.moveTo(x * canvas.width - size, y * canvas.height);
            context.lineTo(x * canvas.width + size, y * canvas.height);
            context.moveTo(x * canvas.width, y * canvas.height - size);
            context.lineTo(x * canvas.width, y * canvas.height + size);
            context.stroke();
        };
        for (const m of marks) mark(m, "#ffd400", 9);
        if (document.activeElement === canvas) mark(cross, "#00c2ff", 14);
        line.textContent = `Photograph ${at + 1} of ${photos.length}, ${photos[at].name}: `
            + (left ? "now the eye at the right" : "the eye at the left") + `. ${eyes.size} aligned.`;
    };

    /** @param {number} place */
    const open = async (place) => {
        at = Math.min(Math.max(place, 0), photos.length - 1);
        left = null;
        const wanted = at;
        const fresh = await createImageBitmap(photos[at].file).catch(() => null);
        if (wanted !== at) return;
        bitmap = fresh;
        if (!bitmap) {
            line.textContent = `${photos[at].name} cannot be shown here.`;
            return;
        }
        const scale = Math.min(LARGEST / bitmap.width, LARGEST / bitmap.height);
        canvas.width = Math.round(bitmap.width * scale);
        canvas.height = Math.round(bitmap.height * scale);
        draw();
    };

    /** @param {[number, number]} point */
    const set = (point) => {
        if (!bitmap) return;
        if (!left) {
            left = point;
            cross = [1 - point[0], point[1]];
            draw();
            return;
        }
        const pair = [left, point].sort((a, b) => a[0] - b[0]);
        if (pair[0][0] === pair[1][0] && pair[0][1] === pair[1][1]) return;
        eyes.set(photos[at].name, { left: pair[0], right: pair[1] });
        if (at + 1 < photos.length) open(at + 1);
        else {
            left = null;
            draw();
        }
    };

    canvas.addEventListener("pointerdown", (event) => {
        const box = canvas.getBoundingClientRect();
        set([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
    });
    canvas.addEventListener("focus", draw);
    canvas.addEventListener("blur", draw);
    canvas.addEventListener("keydown", (event) => {
        const step = event.shiftKey ? 0.05 : 0.01;
        /** @type {Record<string, [number, number]>} */
        const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
        const move = moves[event.key];
        if (move) cross = [Math.min(Math.max(cross[0] + move[0], 0), 1), Math.min(Math.max(cross[1] + move[1], 0), 1)];
        else if (event.key === "Enter") set(cross);
        else return;
        event.preventDefault();
        draw();
    });
    open(0);
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) => el("button", { type: "button", onclick }, text);
    return el("div", { class: "panel" }, canvas, line,
        el("div", { class: "controls" },
            button("back", () => open(at - 1)),
            button("leave this one as it is", () => {
                eyes.delete(photos[at].name);
                open(at + 1);
            }),
            button("learn", then.done),
            button("keep as eyes.json", then.save)),
        el("p", { class: "note" }, "Photographs without clicks keep the square of their middle. eyes.json, dropped together with the "
            + "folder the next time, aligns them again."));
}
