// @ts-check
// What the page brings along for its scripts: places, templates and sentences.

/**
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {T} */ (found);
}

/** The first element of a copy of the page's template that this selector names. */
export function copy(/** @type {string} */ selector) {
  const template = /** @type {HTMLTemplateElement} */ (find(`template${selector}`));
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/** @type {Map<string, string>} */
const words = new Map();

/** Takes in sentences: on each line a key, a blank and its sentence. */
export function learn(/** @type {string} */ lines) {
  for (const line of lines.split('\n')) {
    const [key] = line.split(' ', 1);
    words.set(key, line.slice(key.length + 1));
  }
}
learn(/** @type {HTMLTemplateElement | null} */ (document.querySelector('template[data-words]'))?.content.textContent ?? '');

/** A sentence, with its places filled. */
export function word(/** @type {string} */ key, /** @type {Record<string, string | number>} */ places = {}) {
  return (words.get(key) ?? '').replace(/\{(\w+)\}/g, (_, name) => String(places[name] ?? ''));
}

/** So many seconds, in words. */
export function span(/** @type {number} */ seconds) {
  const n = Math.ceil(Math.max(0, seconds));
  return n < 120 ? word('seconds', { n }) : word('minutes', { n: Math.ceil(n / 60) });
}
