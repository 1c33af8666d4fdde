// @ts-check
// The one place where text becomes markup, or the address of a script. The server
// has made the one harmless and written the other; Trusted Types (see the page's
// Content-Security-Policy) leave no other way.

/** @type {{createHTML(s: string): string, createScriptURL(s: string): string} | undefined} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('mayfly', {
  createHTML: (/** @type {string} */ s) => s,
  createScriptURL: (/** @type {string} */ s) => s,
});

const inert = document.implementation.createHTMLDocument('');

/**
 * Turns a message's HTML, as the server formatted it, into nodes. They are made
 * in a document without a window, so nothing loads or runs before they are drawn.
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function fragment(html) {
  const box = inert.createElement('div');
  box.innerHTML = policy ? policy.createHTML(html) : html;
  const nodes = document.createDocumentFragment();
  nodes.append(...box.childNodes);
  return nodes;
}

/** A worker from an address that the page brings along. */
export function ownWorker(/** @type {string} */ address) {
  return new Worker(policy ? policy.createScriptURL(address) : address, { type: 'module' });
}
