/* state.js - what is chosen now, kept in the address so that a link and a reload bring it back.
 * SPDX-License-Identifier: MIT */

/**
 * @typedef {object} Choice
 * @property {number} face place of the image among those of the page, from 0
 * @property {string} method name of the method in hand
 * @property {number} part component in hand, from 0; -1: none
 * @property {number} parts how many parts the first screen has put together
 * @property {"esl"|"gray"|"diverging"} palette
 * @property {"auto"|"light"|"dark"} theme
 * @property {number} moment snapshot shown where parts appear
 * @property {boolean} present full screen, a section at a time
 * @property {number} fits counts up whenever the numbers of fits changed (a page that learns)
 */

/** @typedef {keyof Choice} Key */

export class State {
    /** @param {Choice} initial */
    constructor(initial) {
        /** @type {Choice} */
        this.now = { ...initial };
        /** @type {Choice} */
        this.initial = { ...initial };
        /** @type {{keys: Key[], call: (now: Choice) => void}[]} */
        this.listeners = [];
    }

    /**
     * Call `call` now and whenever one of the keys changes.
     * @param {Key[]} keys
     * @param {(now: Choice) => void} call
     */
    watch(keys, call) {
        this.listeners.push({ keys, call });
        call(this.now);
    }

    /** @param {Partial<Choice>} change */
    set(change) {
        const changed = /** @type {Key[]} */ (Object.keys(change)).filter(
            (key) => this.now[key] !== change[key],
        );
        if (!changed.length) return;
        Object.assign(this.now, change);
        for (const { keys, call } of this.listeners)
            if (keys.some((key) => changed.includes(key))) call(this.now);
    }
}

/** Keys that the address holds, and how: numbers that people count from 1 are told so. */
/** @type {[Key, "count"|"number"|"word"][]} */
const addressed = [
    ["face", "count"],
    ["method", "word"],
    ["part", "count"],
    ["parts", "number"],
    ["palette", "word"],
    ["theme", "word"],
    ["moment", "count"],
];

/**
 * What an address chooses; what it does not say, or says wrongly, stays away.
 * @param {string} hash
 * @param {(key: Key, value: string|number) => boolean} allowed
 * @returns {Partial<Choice>}
 */
export function readAddress(hash, allowed) {
    const words = new URLSearchParams(hash.replace(/^#/, ""));
    /** @type {Record<string, string|number>} */
    const choice = {};
    for (const [key, kind] of addressed) {
        const word = words.get(key);
        if (word === null) continue;
        const value = kind === "word" ? word : Number(word) - (kind === "count" ? 1 : 0);
        if (allowed(key, value)) choice[key] = value;
    }
    return choice;
}

/**
 * The address of a choice: what differs from the page as it opens.
 * @param {State} state
 */
export function writeAddress(state) {
    const words = new URLSearchParams();
    for (const [key, kind] of addressed) {
        const value = state.now[key];
        if (value === state.initial[key]) continue;
        words.set(key, String(kind === "count" ? Number(value) + 1 : value));
    }
    const text = words.toString();
    return text ? `#${text}` : "";
}
