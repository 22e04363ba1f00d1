/* cone.js - the cone of Donoho and Stodden (2003), with points that one can drag.
 * SPDX-License-Identifier: MIT
 *
 * Two basis vectors that are not negative, with weights that are not negative, reproduce a point
 * exactly when it lies between them: so they enclose the cone of the data and stay between the axes.
 * What is left of the quadrant on either side is what the data leave open. */
import { svgOf } from "./chart.js";
import { canvasOf, el, isStill, section, words } from "./dom.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./studies.js").Study} Study */

const DEGREES = 180 / Math.PI;

/** The plot inside of its drawing. */
const PLOT = { left: 46, top: 30, side: 480 };

/** Least angle that the sliders leave between the edges of the data, in degrees. */
const LEAST = 2;

/** @param {number} degrees */
function inDegrees(degrees) {
    return `${degrees.toFixed(1)}°`;
}

/** @typedef {{kind: "point"|"basis", index: number}} Held what the reader has in hand */

/**
 * Let points of a drawing be moved, by pointer and by keys: arrows move the one in hand, Shift does
 * so in longer steps, Page Up and Page Down choose another. Returns what is spoken of it.
 * @param {object} what
 * @param {SVGElement} what.drawing
 * @param {() => number[]} what.order of the points, for Page Up and Page Down
 * @param {(event: MouseEvent) => Held|null} what.nearest
 * @param {(held: Held, event: MouseEvent) => void} what.drop put it where the pointer is
 * @param {(i: number, right: number, up: number) => void} what.step
 * @param {(i: number) => string} what.tell
 * @param {(i: number) => void} what.show draw, with this point in hand; -1: none
 */
function movable({ drawing, order, nearest, drop, step, tell, show }) {
    const spoken = el("output", { class: "spoken" });
    /** @type {Held|null} */
    let held = null;
    let chosen = -1;
    /** @param {number} i */
    function choose(i) {
        chosen = i;
        show(i);
        spoken.textContent = tell(i);
    }
    drawing.addEventListener("pointerdown", (event) => {
        held = nearest(/** @type {PointerEvent} */ (event));
        if (!held) return;
        event.preventDefault();
        drawing.setPointerCapture(/** @type {PointerEvent} */ (event).pointerId);
        if (held.kind === "point") chosen = held.index;
        show(chosen);
    });
    drawing.addEventListener("pointermove", (event) => {
        if (!held) return;
        drop(held, /** @type {PointerEvent} */ (event));
        show(chosen);
    });
    for (const end of ["pointerup", "pointercancel"]) drawing.addEventListener(end, () => { held = null; });
    drawing.addEventListener("focus", () => {
        if (chosen < 0 && drawing.matches(":focus-visible")) choose(order()[0]);
    });
    drawing.addEventListener("blur", () => {
        chosen = -1;
        show(-1);
    });
    drawing.addEventListener("keydown", (event) => {
        const { key, shiftKey } = /** @type {KeyboardEvent} */ (event);
        const all = order(), at = all.indexOf(chosen), far = shiftKey ? 5 : 1;
        const next = { PageUp: at + 1, PageDown: at - 1, Home: 0, End: all.length - 1 }[key];
        const way = { ArrowRight: [far, 0], ArrowLeft: [-far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] }[key];
        if (next === undefined && !way) return;
        event.preventDefault();
        event.stopPropagation();
        if (next !== undefined) choose(all[Math.min(Math.max(next, 0), all.length - 1)]);
        else if (way && chosen >= 0) {
            step(chosen, way[0], way[1]);
            choose(chosen);
        }
    });
    return spoken;
}

/**
 * Something that goes from 0 to 1 in a second, at once for those who want no motion.
 * @param {(share: number) => void} call
 */
function glide(call) {
    const begun = performance.now(), LASTS = 900;
    const step = (/** @type {number} */ now) => {
        const t = isStill() ? 1 : Math.min(Math.max((now - begun) / LASTS, 0), 1);
        call(t * t * (3 - 2 * t));
        if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
}

/**
 * The data of the picture, as the reader has moved them.
 */
class Cone {
    /** @param {any} s its summary */
    constructor(s) {
        this.plane = s.plane === true;
        /** @type {[number, number][]} */
        this.given = s.points.filter((/** @type {any} */ p) => Array.isArray(p) && p.length === 2 && p.every(Number.isFinite));
        /** @type {[number, number]} */
        this.edges = s.edges_degrees;
        /** @type {[number, number]} */
        this.learned = s.cone_degrees;
        const reach = [0, 1].map((c) => Math.max(...this.given.map((p) => Math.abs(p[c])), 0));
        this.side = 1.06 * Math.max(reach[0], this.plane ? 2 * reach[1] : reach[1]) || 1;
        this.low = this.plane ? -this.side / 2 : 0;
        this.reset();
    }

    reset() {
        this.points = this.given.map(([x, y]) => /** @type {[number, number]} */ ([x, y]));
        this.moved = false;
        this.rays = this.measure();
        /** @type {[number, number]} */
        this.basis = [(this.edges[0] + this.rays[0]) / 2, (this.rays[1] + this.edges[1]) / 2];
    }

    /** @param {[number, number]} point */
    angleOf([x, y]) {
        return Math.atan2(y, x) * DEGREES;
    }

    /**
     * Directions of the outermost points that are not the origin.
     * @returns {[number, number]}
     */
    measure() {
        let low = Infinity, high = -Infinity;
        for (const p of this.points) {
            if (!p[0] && !p[1]) continue;
            const angle = this.angleOf(p);
            low = Math.min(low, angle);
            high = Math.max(high, angle);
        }
        return low <= high ? [low, high] : [this.edges[0], this.edges[1]];
    }

    /**
     * Put a point somewhere in what may be: between the axes, inside of the plot.
     * @param {number} i
     * @param {number} x
     * @param {number} y
     */
    move(i, x, y) {
        const length = Math.hypot(x, y);
        const angle = Math.min(Math.max(Math.atan2(y, x) * DEGREES, this.edges[0]), this.edges[1]) / DEGREES;
        const far = Math.min(length, this.side / Math.max(Math.cos(angle), Math.abs(Math.sin(angle)) * (this.plane ? 2 : 1)));
        this.points[i] = [far * Math.cos(angle), far * Math.sin(angle)];
        this.touch();
    }

    /**
     * Turn all points, so that the outermost have these directions.
     * @param {number} low
     * @param {number} high
     */
    spread(low, high) {
        const [from, to] = this.rays;
        this.points = this.points.map((p) => {
            if (!p[0] && !p[1]) return p;
            const at = to > from ? (this.angleOf(p) - from) / (to - from) : 0.5;
            const angle = (low + at * (high - low)) / DEGREES, length = Math.hypot(p[0], p[1]);
            return [length * Math.cos(angle), length * Math.sin(angle)];
        });
        this.touch();
        this.rays = [low, high];
    }

    touch() {
        this.moved = true;
        this.rays = this.measure();
    }

    /** How many points the two vectors of the reader do not enclose. */
    outside() {
        const low = Math.min(...this.basis) - 1e-6, high = Math.max(...this.basis) + 1e-6;
        return this.points.filter((p) => (p[0] || p[1]) && (this.angleOf(p) < low || this.angleOf(p) > high)).length;
    }
}

/**
 * What the data leave open, in words.
 * @param {Cone} cone
 * @param {number} none less room than this, in degrees, is no room
 */
function roomWords(cone, none) {
    const room = [cone.rays[0] - cone.edges[0], cone.edges[1] - cone.rays[1]];
    const total = cone.edges[1] - cone.edges[0];
    if (cone.plane)
        return `Were r = 2 exact, one basis vector would project into ${inDegrees(room[0])} below the data, the other into ${inDegrees(room[1])} above: ` +
            `${Math.round((100 * (room[0] + room[1])) / total)} % of what is not negative here.`;
    if (room[0] < none && room[1] < none) return "The data reach both axes: the region of choice is gone, and the answer is unique.";
    const left = `${inDegrees(room[0] + room[1])} of the ${Math.round(total)}° between the axes are left to choose from`;
    if (room[0] < none || room[1] < none)
        return `The data reach one axis, and there is no choice on that side; on the other any direction in ${inDegrees(Math.max(...room))} will do: ${left}.`;
    return `One basis vector may lie anywhere in ${inDegrees(room[0])}, the other in ${inDegrees(room[1])}: ${left}, so the answer is not unique.`;
}

/**
 * What the two vectors of the reader make of the data, in words.
 * @param {Cone} cone
 */
function basisWords(cone) {
    const n = cone.points.length, outside = cone.outside();
    if (!outside) return `Your two vectors enclose all ${words(n, 9)} points: each is a sum of the two, and the loss is 0.`;
    return `${words(outside, 9)} of ${words(n, 9)} points ${outside === 1 ? "lies" : "lie"} outside of your two vectors: no sum of the two is such a point, so the loss is not 0.`;
}

/**
 * The drawing, and how to bring it up to date.
 * @param {Cone} cone
 * @param {any} s
 */
function drawingOf(cone, s) {
    const { left, top, side } = PLOT;
    const across = (/** @type {number} */ x) => left + (x / cone.side) * side;
    const up = (/** @type {number} */ y) => top + side - ((y - cone.low) / cone.side) * side;
    const high = cone.low + cone.side;

    /** @param {number} degrees @returns {[number, number]} where a ray leaves the plot */
    const leave = (degrees) => {
        const dx = Math.cos(degrees / DEGREES), dy = Math.sin(degrees / DEGREES);
        const t = Math.min(dx > 1e-9 ? cone.side / dx : Infinity, dy > 1e-9 ? high / dy : Infinity, dy < -1e-9 ? cone.low / dy : Infinity);
        return [Math.max(t * dx, 0), t * dy];
    };
    /** @param {number} from @param {number} to */
    const sector = (from, to) => {
        if (!(to > from)) return "";
        const corners = [[0, 0], leave(from)];
        for (const y of [cone.low, high]) {
            const corner = Math.atan2(y, cone.side) * DEGREES;
            if (corner > from && corner < to) corners.push([cone.side, y]);
        }
        corners.push(leave(to));
        return `M${corners.map(([x, y]) => `${across(x).toFixed(1)} ${up(y).toFixed(1)}`).join("L")}Z`;
    };
    /** @param {number} degrees @param {number} share of the plot @returns {[number, number]} */
    const reach = (degrees, share) => {
        const [ex, ey] = leave(degrees), far = share * cone.side, length = Math.hypot(ex, ey) || 1;
        const t = Math.min(far / length, share);
        return [across(ex * t), up(ey * t)];
    };

    const regions = [0, 1].map(() => svgOf("path", { class: "cone-region" }));
    const hull = svgOf("path", { class: "cone-data" });
    const dots = cone.points.map(() => svgOf("circle", { class: "cone-point", r: cone.points.length > 300 ? 2.4 : 4.2 }));
    const handles = ["A", "B"].map((name) => ({
        line: svgOf("line", { class: "cone-basis", x1: across(0), y1: up(0) }),
        knob: svgOf("circle", { class: "cone-knob", r: 15 }),
        name: svgOf("text", { class: "cone-name", "text-anchor": "middle" }, name),
    }));
    const chosen = svgOf("circle", { class: "cone-chosen", r: 9, visibility: "hidden" });
    const learned = svgOf("g", { class: "cone-learned" });
    s.starts.forEach((/** @type {any} */ start, /** @type {number} */ k) => start.basis_degrees.forEach((/** @type {number} */ degrees) => {
        const [x, y] = reach(degrees, 0.95 - 0.085 * k);
        learned.append(svgOf("line", { class: `start-${k}`, x1: across(0), y1: up(0), x2: x, y2: y }),
            svgOf("circle", { class: `start-${k}`, cx: x, cy: y, r: 10 }), svgOf("text", { class: "cone-name", x, y: y + 4.5, "text-anchor": "middle" }, String(k + 1)));
    }));
    const drawing = svgOf("svg", { viewBox: `0 0 ${left + side + 16} ${top + side + 46}`, class: "cone", tabindex: 0, role: "application",
        "aria-roledescription": "points that can be moved", "aria-label": `${cone.points.length} points; arrow keys move one, Page Up and Page Down choose another` },
        ...regions, hull,
        svgOf("line", { class: "cone-axis", x1: left, x2: left + side, y1: up(0), y2: up(0) }),
        svgOf("line", { class: "cone-axis", x1: left, x2: left, y1: top, y2: top + side }),
        svgOf("text", { class: "axis", x: left + side, y: top + side + 22, "text-anchor": "end" }, `${s.axes[0]} →`),
        svgOf("text", { class: "axis", x: 8, y: 16 }, `↑ ${s.axes[1]}`),
        learned, ...dots, chosen, ...handles.flatMap(({ line, knob, name }) => [line, knob, name]));
    if (cone.plane)
        for (const edge of cone.edges) {
            const [x, y] = leave(edge);
            drawing.append(svgOf("line", { class: "cone-edge", x1: across(0), y1: up(0), x2: across(x), y2: up(y) }));
        }

    /** @param {number} selected point in hand, -1: none */
    const draw = (selected) => {
        regions[0].setAttribute("d", sector(cone.edges[0], cone.rays[0]));
        regions[1].setAttribute("d", sector(cone.rays[1], cone.edges[1]));
        hull.setAttribute("d", sector(cone.rays[0], cone.rays[1]));
        cone.points.forEach(([x, y], i) => {
            dots[i].setAttribute("cx", across(x).toFixed(1));
            dots[i].setAttribute("cy", up(y).toFixed(1));
        });
        handles.forEach(({ line, knob, name }, b) => {
            const [x, y] = reach(cone.basis[b], 0.62);
            for (const [key, value] of [["x2", x], ["y2", y]]) line.setAttribute(String(key), String(value));
            for (const [key, value] of [["cx", x], ["cy", y]]) knob.setAttribute(String(key), String(value));
            name.setAttribute("x", String(x));
            name.setAttribute("y", String(y + 5));
        });
        learned.setAttribute("visibility", cone.moved ? "hidden" : "visible");
        chosen.setAttribute("visibility", selected < 0 ? "hidden" : "visible");
        if (selected >= 0) {
            chosen.setAttribute("cx", String(across(cone.points[selected][0])));
            chosen.setAttribute("cy", String(up(cone.points[selected][1])));
        }
    };
    /** @param {MouseEvent} event @returns {[number, number]} in the units of the drawing */
    const place = (event) => {
        const box = drawing.getBoundingClientRect(), scale = (left + side + 16) / box.width;
        return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    /** @param {number} px @param {number} py @returns {[number, number]} in those of the data */
    const back = (px, py) => [((px - left) / side) * cone.side, cone.low + ((top + side - py) / side) * cone.side];
    /** What lies nearest to a place of the drawing, within reach of a finger.
     * @param {number} px @param {number} py @returns {Held|null} */
    const nearest = (px, py) => {
        const REACH = 26;
        /** @type {Held|null} */
        let found = null;
        let best = REACH;
        for (const b of [0, 1]) {
            const [x, y] = reach(cone.basis[b], 0.62), d = Math.hypot(x - px, y - py);
            if (d < best) { best = d; found = { kind: "basis", index: b }; }
        }
        if (found && best < 16) return found;
        cone.points.forEach(([x, y], i) => {
            const d = Math.hypot(across(x) - px, up(y) - py);
            if (d < best) { best = d; found = { kind: "point", index: i }; }
        });
        return found;
    };
    return { drawing, draw, place, back, nearest };
}

/**
 * A slider of degrees.
 * @param {string} name
 * @param {[number, number]} range
 * @param {(degrees: number) => void} call
 */
function sliderOf(name, range, call) {
    const shown = el("output", null);
    const input = el("input", { type: "range", min: range[0], max: range[1], step: 0.1, oninput: () => call(Number(input.value)) });
    const label = el("label", { class: "angle" }, el("span", null, name), input, shown);
    return {
        label,
        /** @param {number} degrees */
        set(degrees) {
            input.value = String(degrees);
            input.setAttribute("aria-valuetext", inDegrees(degrees));
            shown.textContent = inDegrees(degrees);
        },
    };
}

/**
 * One cone: the drawing, its controls, and what they say.
 * @param {Study} study
 */
function coneOf(study) {
    const s = study.summary;
    const cone = new Cone(s);
    const { drawing, draw, place, back, nearest } = drawingOf(cone, s);
    const none = typeof s.no_room_degrees === "number" ? s.no_room_degrees : 0;
    const said = el("p", { class: "finding", "aria-live": "polite" }), also = el("p", { "aria-live": "polite" });
    let selected = -1;

    const data = ["lower edge of the data", "upper edge of the data"].map((name, b) => sliderOf(name, cone.edges, (degrees) => {
        const [low, high] = cone.rays;
        if (b) cone.spread(low, Math.max(degrees, low + LEAST));
        else cone.spread(Math.min(degrees, high - LEAST), high);
        show();
    }));
    const basis = ["basis vector A", "basis vector B"].map((name, b) => sliderOf(name, cone.edges, (degrees) => {
        cone.basis[b] = degrees;
        show();
    }));
    function show() {
        draw(selected);
        data.forEach((slider, b) => slider.set(cone.rays[b]));
        basis.forEach((slider, b) => slider.set(cone.basis[b]));
        said.textContent = roomWords(cone, none);
        also.textContent = basisWords(cone);
    }

    const order = () => cone.points.map((_, i) => i).sort((a, b) => cone.angleOf(cone.points[a]) - cone.angleOf(cone.points[b]));
    const spoken = movable({
        drawing, order,
        nearest: (event) => nearest(...place(event)),
        drop(held, event) {
            const [x, y] = back(...place(event));
            if (held.kind === "point") cone.move(held.index, Math.max(x, 0), cone.plane ? y : Math.max(y, 0));
            else cone.basis[held.index] = Math.min(Math.max(Math.atan2(y, Math.max(x, 0)) * DEGREES, cone.edges[0]), cone.edges[1]);
        },
        step(i, right, up) {
            const [x, y] = cone.points[i], far = 0.01 * cone.side;
            cone.move(i, Math.max(x + far * right, 0), cone.plane ? y + far * up : Math.max(y + far * up, 0));
        },
        tell: (i) => `point ${i + 1} of ${cone.points.length}, at ${inDegrees(cone.angleOf(cone.points[i]))}`,
        show(i) {
            selected = i;
            show();
        },
    });

    /* the lesson in one press */
    function toAxes() {
        const from = cone.rays;
        glide((share) => {
            cone.spread(from[0] + share * (cone.edges[0] - from[0]), from[1] + share * (cone.edges[1] - from[1]));
            show();
        });
    }
    const buttons = el("p", { class: "cone-buttons" },
        el("button", { type: "button", onclick: toAxes }, "bring the data to the axes"), " ",
        el("button", { type: "button", onclick: () => { cone.reset(); selected = -1; show(); } }, "back to the data as they are"));
    show();
    return [
        el("p", { class: "note" }, "Drag a point, or an end of the vectors A and B. Blue: the cone of the data. Orange: where the two basis vectors may lie."),
        el("div", { class: "cone-beside" },
            el("div", null, drawing, spoken),
            el("div", null, said, also, data.map(({ label }) => label), basis.map(({ label }) => label), buttons,
                el("ol", { class: "cone-starts" }, s.starts.map((/** @type {any} */ start, /** @type {number} */ k) =>
                    el("li", { class: `start-${k}` }, `seed ${start.seed}: ${start.basis_degrees.map(inDegrees).join(", ")}, loss ${words(start.loss, 3)}`))),
                el("p", { class: "soft" }, "1, 2, 3: what mien learned from three starts, from the data as they are."))),
        el("p", null, s.paragraph),
    ];
}

/* ---------------------------------------------------------------- three pixels */

/** The triangle of what is not negative and sums to 1: corners as places of a drawing of this size. */
const TRIANGLE = { width: 420, height: 372, corners: [[20, 352], [400, 352], [210, 22.9]] };

/** @typedef {[number, number, number]} Shares of three pixels, sum 1 */

/** @param {ArrayLike<number>} q @returns {[number, number]} */
function cornerPlace(q) {
    return [0, 1].map((c) => TRIANGLE.corners.reduce((sum, corner, k) => sum + q[k] * corner[c], 0));
}

/** The other way; what lies outside has a share below 0.
 * @param {number} x @param {number} y @returns {Shares} */
function sharesAt(x, y) {
    const [[ax, ay], [bx, by], [cx, cy]] = TRIANGLE.corners;
    const whole = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    const b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / whole;
    const c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / whole;
    return [1 - b - c, b, c];
}

/** The nearest place that is in the triangle.
 * @param {Shares} q @returns {Shares} */
function intoTriangle(q) {
    const inside = q.map((v) => Math.max(v, 0)), sum = inside[0] + inside[1] + inside[2];
    return [inside[0] / sum, inside[1] / sum, inside[2] / sum];
}

/** Twice the area of a triangle of shares, positive where they go round as the corners do.
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {ArrayLike<number>} c */
function turn(a, b, c) {
    return (b[1] - a[1]) * (c[2] - a[2]) - (c[1] - a[1]) * (b[2] - a[2]);
}

/** The convex hull, going round as the corners do.
 * @param {Shares[]} points */
function hullOf(points) {
    const sorted = [...points].sort((a, b) => a[1] - b[1] || a[2] - b[2]);
    const half = (/** @type {Shares[]} */ list) => {
        /** @type {Shares[]} */
        const chain = [];
        for (const q of list) {
            while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], q) <= 1e-12) chain.pop();
            chain.push(q);
        }
        return chain.slice(0, -1);
    };
    return [...half(sorted), ...half(sorted.reverse())];
}

/**
 * A triangle with a corner at v that holds the whole hull and stays in the triangle of shares, or
 * null: the sides at v that touch the hull, as long as they can be, decide. A triangle with wider
 * sides holds the one between these.
 * @param {Shares} v
 * @param {Shares[]} hull three points or more
 * @returns {Shares[]|null}
 */
function triangleFrom(v, hull) {
    const TIGHT = 1e-9;
    if (hull.every((q, i) => turn(q, hull[(i + 1) % hull.length], v) > TIGHT)) return null; // within the data
    let right = hull[0], left = hull[0];
    for (const q of hull) {
        if (turn(v, right, q) < 0) right = q;
        if (turn(v, left, q) > 0) left = q;
    }
    const [a, b] = [right, left].map((q) => {
        let longest = Infinity;
        for (let k = 0; k < 3; k++) if (q[k] < v[k] - 1e-12) longest = Math.min(longest, v[k] / (v[k] - q[k]));
        return /** @type {Shares} */ (v.map((share, k) => share + longest * (q[k] - share)));
    });
    if (![...a, ...b].every(Number.isFinite)) return null;
    return hull.every((q) => turn(a, b, q) >= -TIGHT) ? [v, a, b] : null;
}

/** Twelve images of three pixels, none of which uses a pixel alone. */
function exampleShares() {
    return Array.from({ length: 12 }, (_, i) => {
        const angle = 2.399963 * i, far = 0.3 * Math.sqrt((i + 1) / 12); // a sunflower: even, and always the same
        return intoTriangle([1 / 3 + far * Math.cos(angle) * 0.8, 1 / 3 + far * Math.cos(angle - 2.0944) * 0.8, 1 / 3 + far * Math.cos(angle + 2.0944) * 0.8]);
    });
}

/** With three pixels: what may be a basis image, on the triangle of what sums to 1. */
function simplexOf() {
    const { width, height } = TRIANGLE, RASTER = 2;
    let points = exampleShares();
    /** @type {Shares|null} a place of which the triangle is shown */
    let from = null;
    let selected = -1;
    const raster = canvasOf(width / RASTER, height / RASTER, "Where a basis image may lie, shaded", { canvas: "simplex" });
    const outline = svgOf("path", { class: "cone-axis", d: `M${TRIANGLE.corners.map((c) => c.join(" ")).join("L")}Z`, fill: "none" });
    const hullPath = svgOf("path", { class: "cone-data" }), triangle = svgOf("path", { class: "cone-basis", fill: "none" });
    const dots = points.map(() => svgOf("circle", { class: "cone-point", r: 5 }));
    const chosen = svgOf("circle", { class: "cone-chosen", r: 10, visibility: "hidden" });
    const drawing = svgOf("svg", { viewBox: `0 0 ${width} ${height}`, class: "cone", tabindex: 0, role: "application",
        "aria-roledescription": "points that can be moved", "aria-label": "12 images of three pixels; arrow keys move one, Page Up and Page Down choose another" },
        outline, hullPath, triangle, ...dots, chosen,
        ...TRIANGLE.corners.map(([x, y], k) => svgOf("text", { class: "axis", x: k === 1 ? x + 14 : x - (k ? 0 : 14), y: k === 2 ? y - 8 : y + 18, "text-anchor": ["start", "end", "middle"][k] }, `pixel ${k + 1} alone`)));
    const said = el("p", { class: "finding", "aria-live": "polite" });
    const path = (/** @type {Shares[]} */ list) => `M${list.map((q) => cornerPlace(q).map((v) => v.toFixed(1)).join(" ")).join("L")}Z`;

    /** @param {Shares[]} hull @returns {number} the share of the triangle that is shaded */
    function shade(hull) {
        const context = raster.getContext("2d");
        if (!context) return 0;
        const image = context.createImageData(raster.width, raster.height);
        let all = 0, may = 0;
        for (let y = 0, at = 0; y < raster.height; y++)
            for (let x = 0; x < raster.width; x++, at += 4) {
                const v = sharesAt((x + 0.5) * RASTER, (y + 0.5) * RASTER);
                if (Math.min(...v) < 0) continue;
                all++;
                if (!triangleFrom(v, hull)) continue;
                may++;
                image.data.set([230, 159, 0, 110], at);
            }
        context.putImageData(image, 0, 0);
        return may / all;
    }
    function show() {
        const hull = hullOf(points);
        const share = hull.length > 2 ? shade(hull) : 1;
        hullPath.setAttribute("d", path(hull));
        const shown = from && hull.length > 2 ? triangleFrom(from, hull) : null;
        triangle.setAttribute("d", shown ? path(shown) : "");
        points.forEach((q, i) => {
            const [x, y] = cornerPlace(q);
            dots[i].setAttribute("cx", String(x));
            dots[i].setAttribute("cy", String(y));
        });
        chosen.setAttribute("visibility", selected < 0 ? "hidden" : "visible");
        if (selected >= 0) {
            const [x, y] = cornerPlace(points[selected]);
            chosen.setAttribute("cx", String(x));
            chosen.setAttribute("cy", String(y));
        }
        said.textContent = share < 0.002
            ? "Only the corners are left: the three basis images are the pixels themselves, and the answer is unique."
            : `A basis image may lie in ${share < 0.1 ? words(100 * share, 2) : Math.round(100 * share)} % of the triangle: the answer is not unique.`;
    }
    /** @param {MouseEvent} event @returns {[number, number]} */
    const place = (event) => {
        const box = drawing.getBoundingClientRect(), scale = width / box.width;
        return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    const spoken = movable({
        drawing, order: () => points.map((_, i) => i),
        nearest(event) {
            const [x, y] = place(event);
            const far = points.map((q) => Math.hypot(cornerPlace(q)[0] - x, cornerPlace(q)[1] - y));
            const index = far.indexOf(Math.min(...far));
            return far[index] < 24 ? { kind: "point", index } : null;
        },
        drop(held, event) { points[held.index] = intoTriangle(sharesAt(...place(event))); },
        step(i, right, up) {
            const [x, y] = cornerPlace(points[i]);
            points[i] = intoTriangle(sharesAt(x + 4 * right, y - 4 * up));
        },
        tell: (i) => `image ${i + 1} of ${points.length}: ${points[i].map((v) => v.toFixed(2)).join(", ")}`,
        show(i) {
            selected = i;
            show();
        },
    });
    drawing.addEventListener("pointermove", (event) => {
        const v = sharesAt(...place(/** @type {PointerEvent} */ (event)));
        from = Math.min(...v) >= 0 ? v : null;
        const hull = hullOf(points), shown = from && hull.length > 2 ? triangleFrom(from, hull) : null;
        triangle.setAttribute("d", shown ? path(shown) : "");
    });
    function toCorners() {
        const begin = points.map((q) => /** @type {Shares} */ ([...q]));
        const nearest = [0, 1, 2].map((k) => begin.reduce((best, q, i) => (q[k] > begin[best][k] ? i : best), 0));
        glide((share) => {
            nearest.forEach((i, k) => { points[i] = /** @type {Shares} */ (begin[i].map((v, c) => v + share * ((c === k ? 1 : 0) - v))); });
            show();
        });
    }
    show();
    return [
        el("h3", null, "With three pixels"),
        el("p", { class: "note" }, "An example. Scale every image so that its three pixels sum to 1: what is not negative is a triangle, seen from the front. " +
            "Three basis images span a triangle in it that holds all images. Orange: where one of them may lie; point there to see such a triangle. Drag an image."),
        el("div", { class: "cone-beside" }, el("div", { class: "layers" }, raster, drawing, spoken),
            el("div", null, said, el("p", { class: "cone-buttons" },
                el("button", { type: "button", onclick: toCorners }, "an image of each pixel alone"), " ",
                el("button", { type: "button", onclick: () => { points = exampleShares(); show(); } }, "back")),
            el("p", { class: "soft" }, "Zeros in the data hold the answer: with an image of each pixel alone nothing is left to choose (Donoho & Stodden 2003)."))),
    ];
}

/* ---------------------------------------------------------------- the section */

/**
 * The cone of Donoho and Stodden, with points that one can drag.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function coneSection(page) {
    /** @type {Study[]} */
    const studies = page.run.studies.filter((study) => study.kind === "cone");
    if (!studies.length) return null;
    return section("cone", studies[0].title, studies.map((study, i) => {
        const heading = i ? el("h3", null, study.title) : null;
        try {
            return [heading, coneOf(study)].flat();
        } catch (error) {
            return [heading, el("p", { class: "warning" }, `${study.folder} cannot be shown: ${/** @type {Error} */ (error).message}`)];
        }
    }).flat(), simplexOf());
}
