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

/** A sentence of the page, with its places filled. */
export function word(/** @type {string} */ key, /** @type {Record<string, string | number>} */ places = {}) {
  const words = /** @type {HTMLTemplateElement} */ (find('template[data-words]')).content;
  const sentence = words.querySelector(`[data-word="${key}"]`)?.textContent ?? '';
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(places[name] ?? ''));
}
