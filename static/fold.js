// @ts-check
// Takes old chunks of a long talk out of the page until their reader comes near.

const AROUND = 2; // heights of the view are near

export class Folds {
  /** @param {Element} box in which the chunks scroll */
  constructor(box) {
    this.box = box;
    /** @type {Map<Element, DocumentFragment>} */
    this.lines = new Map(); // of the chunks that are folded
    this.watch = new IntersectionObserver((entries) => this.moved(entries), { root: box, rootMargin: `${AROUND * 100}% 0px` });
  }

  /** Takes over a chunk that does not change any more. */
  add(/** @type {Element} */ chunk) {
    // Of a page that is not drawn, browsers do not say what is near.
    const view = this.box.getBoundingClientRect();
    const { top, bottom } = chunk.getBoundingClientRect();
    const around = AROUND * view.height;
    if (bottom < view.top - around || top > view.bottom + around) this.fold(chunk);
    this.watch.observe(chunk);
  }

  /** Has a line in the page that may be folded away. */
  show(/** @type {Element} */ line) {
    for (const [chunk, lines] of this.lines) {
      if (lines.contains(line)) return this.unfold(chunk);
    }
  }

  /** Nothing is left of any line. */
  clear() {
    this.watch.disconnect();
    this.lines.clear();
  }

  moved(/** @type {IntersectionObserverEntry[]} */ entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.unfold(target);
      else this.fold(target);
    }
  }

  /** Takes a chunk's lines out of the page, unless somebody is at work in them. */
  fold(/** @type {Element} */ chunk) {
    if (this.lines.has(chunk) || chunk.contains(document.activeElement) || getSelection()?.containsNode(chunk, true)) return;
    for (const line of chunk.querySelectorAll('[data-new]')) line.removeAttribute('data-new');
    const { style, offsetHeight } = /** @type {HTMLElement} */ (chunk);
    const lines = document.createDocumentFragment();
    lines.append(...chunk.childNodes);
    this.lines.set(chunk, lines);
    style.blockSize = `${offsetHeight}px`;
  }

  unfold(/** @type {Element} */ chunk) {
    const lines = this.lines.get(chunk);
    if (!lines) return;
    this.lines.delete(chunk);
    /** @type {HTMLElement} */ (chunk).style.blockSize = '';
    chunk.append(lines);
  }
}
