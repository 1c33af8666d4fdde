// @ts-check
// One picture that goes with a message.

import { find, word } from './page.js';

const box = find('[data-picture]');
const shown = /** @type {HTMLImageElement} */ (find('[data-picture-shown]'));
const size = find('[data-picture-size]');

export class Picture {
  /** @param {() => void} changed */
  constructor(changed) {
    this.html = ''; // as it is sent; '' without a picture
    this.changed = changed;
  }

  /**
   * Shows a picture that was drawn anew.
   * @param {import('./scale.js').Scaled} picture
   */
  show({ address, about }) {
    this.set(tag(address));
    size.textContent = about;
  }

  /** Shows a picture as a message has it. */
  set(/** @type {string} */ html) {
    this.html = html;
    shown.src = html.match(/src="([^"]*)"/)?.[1] ?? '';
    size.textContent = '';
    box.hidden = false;
    this.changed();
  }

  clear() {
    this.html = '';
    shown.removeAttribute('src');
    box.hidden = true;
    this.changed();
  }
}

/** A picture as a message has it. */
export function tag(/** @type {string} */ address) {
  return `<img alt="${word('picture-sent')}" src="${address}">`;
}
