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
    find('[data-picture-remove]').addEventListener('click', () => {
      this.clear();
      find('textarea[name=html]').focus();
    });
  }

  /**
   * Takes a file in; the answer is the key of what is wrong with it, or ''.
   * @param {File} file
   * @param {number} bytes that its HTML may have
   */
  async take(file, bytes) {
    const { scaled } = await import('./scale.js');
    const picture = await scaled(file, (address) => tag(address).length <= bytes);
    if (typeof picture === 'string') return picture;
    this.set(tag(picture.address));
    size.textContent = word('picture-size', { width: picture.width, height: picture.height });
    return '';
  }

  /** Shows a picture that take has made before. */
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
function tag(/** @type {string} */ address) {
  return `<img alt="${word('picture-sent')}" src="${address}">`;
}
