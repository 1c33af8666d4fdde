// @ts-check
// The log: keeps its reader at the newest message or where they are reading,
// tells what is new, and keeps no more of a long talk in the page than a browser
// handles well.

import { later } from './need.js';
import { find, word } from './page.js';

const NEAR_END_PX = 80; // a reader so close to the newest message follows it
const CHUNK_LINES = 50; // are taken out of the page, and put back, together
const KEPT_CHUNKS = 20; // the newest, which are always in the page

/** @typedef {{time: string}} Absence how long the page had no contact, in words */

export class Log {
  /** @param {(unread: number) => void} changed is told how much there is to read */
  constructor(changed) {
    this.changed = changed;
    this.box = find('[data-log]');
    this.talk = find('[data-talk]');
    this.button = find('[data-newest]');
    this.following = false; // the reader is at the newest message
    this.seen = { scrollTop: 0, scrollHeight: 0, clientHeight: 0 }; // when it was looked at last
    this.keeping = 0;

    this.unread = 0;
    this.told = 0; // what changed was told last
    /** @type {HTMLElement | undefined} */
    this.mark = undefined; // the line above what was new when nobody looked
    this.marked = 0; // messages below it that were
    /** @type {Absence | undefined} */
    this.absence = undefined; // in which they were said
    const firstLines = [...this.box.childNodes];

    /** @type {HTMLElement[]} */
    this.chunks = []; // that are kept in the page
    /** @type {import('./fold.js').Folds | undefined} */
    this.folds = undefined; // has the older ones, once there are any
    this.waiting = this.part(); // what is not confirmed stays last
    this.waiting.setAttribute('aria-live', 'off'); // it is said once it is
    this.box.append(this.waiting);
    this.chunk = this.open();
    this.chunk.append(...firstLines);
    this.follow(true);

    this.box.addEventListener('scroll', () => {
      this.look();
      this.read();
    });
    this.box.addEventListener('load', () => this.keepEnd(), true);
    this.resized = new ResizeObserver(() => this.keepEnd());
    this.resized.observe(this.box);
    this.button.addEventListener('click', () => (this.unread > 0 ? this.toNew() : this.toNewest()));
  }

  /**
   * Adds a line, before what waits to be sent.
   * @param {HTMLElement} line a message names its author in data-from
   * @param {{news?: boolean, missed?: Absence}} how news: it counts as unread while nobody looks; missed: it was
   *   said while the page had no contact
   */
  add(line, { news = false, missed = undefined } = {}) {
    if (this.chunk.childElementCount >= CHUNK_LINES) this.chunk = this.open();
    if (news) this.count(missed);
    const { from } = line.dataset;
    line.toggleAttribute('data-follows', from !== undefined && from === this.last()?.dataset.from);
    this.chunk.append(line);
    if (from !== undefined) this.talk.dataset.said = '';
    this.keepEndSoon();
  }

  /** Its reader has written something: they have seen what was new, and want to see what they wrote. */
  wrote() {
    this.forget();
    this.toEnd();
  }

  /** Adds a line that stays last until it is taken out. */
  wait(/** @type {HTMLElement} */ line) {
    this.waiting.append(line);
    this.keepEndSoon();
  }

  /** The last line, above those that wait. */
  last() {
    return /** @type {HTMLElement | null} */ (this.chunk.lastElementChild ?? this.chunks.at(-2)?.lastElementChild ?? null);
  }

  /** Nothing of the log is left, in the page or behind it. */
  clear() {
    this.forget();
    cancelAnimationFrame(this.keeping);
    this.folds?.clear();
    this.resized.disconnect();
    this.chunks.length = 0;
    this.chunk = this.waiting = this.part();
    this.box.replaceChildren();
  }

  // What is new.

  /** Whether what comes is read at once. */
  attentive() {
    return document.visibilityState === 'visible' && document.hasFocus() && this.following;
  }

  /** Counts a message; the first that nobody looks at, or that was missed, gets a line above it. */
  count(/** @type {Absence | undefined} */ missed) {
    const seen = this.attentive();
    if (this.unread === 0 && (missed ? missed !== this.absence : !seen)) {
      this.mark?.remove();
      this.mark = document.createElement('p');
      this.mark.className = 'new-line';
      this.mark.setAttribute('aria-live', 'off');
      this.marked = 0;
      this.absence = missed;
      this.chunk.append(this.mark);
    }
    if (!missed && seen) return;
    if (missed === this.absence) this.marked++;
    if (!seen) this.unread++;
    if (this.mark) this.mark.textContent = word(this.absence ? 'new-away' : 'new', { n: this.marked, time: this.absence?.time ?? '' });
    this.draw();
  }

  draw() {
    this.button.textContent = this.unread > 0 ? word('new', { n: this.unread }) : word('newest');
    this.button.hidden = this.following;
    if (this.unread !== this.told) this.changed((this.told = this.unread));
  }

  /** To be called when somebody may look again: at the newest message they have read all. */
  read() {
    if (this.attentive()) this.unread = 0;
    this.draw();
  }

  /** Takes the line above what was new away: its reader is writing. */
  forget() {
    this.mark?.remove();
    this.mark = undefined;
    this.absence = undefined;
    this.unread = 0;
    this.draw();
  }

  /** Shows the first new message. The button is gone then, so the log gets the focus. */
  toNew() {
    this.box.focus({ preventScroll: true });
    if (this.mark) this.folds?.show(this.mark);
    if (this.mark) this.box.scrollTop += this.mark.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
    this.unread = 0;
    this.look();
    this.draw();
  }

  /** Leads to the end. The button is gone then, too. */
  toNewest() {
    this.box.focus({ preventScroll: true });
    this.toEnd();
  }

  // Staying at the end.

  // Scrolling has the log laid out: once a frame is enough for all that has come.
  keepEndSoon() {
    this.keeping ||= requestAnimationFrame(() => {
      this.keeping = 0;
      this.keepEnd();
    });
  }

  // Who is at the newest message stays there when the log gets smaller, as by the
  // keyboard of a phone, or what is in it larger, as by a picture that was loaded.
  // Only scrolling back ends that, and at once: its event may come later than the
  // next message.
  keepEnd() {
    this.look();
    if (this.following) this.toEnd();
  }

  look() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    // A log of another size may have been moved by that, and not by its reader.
    const back = scrollTop < this.seen.scrollTop && scrollHeight >= this.seen.scrollHeight && clientHeight === this.seen.clientHeight;
    this.follow(atEnd || (this.following && !back));
    this.seen = { scrollTop, scrollHeight, clientHeight };
  }

  // Where the browser keeps a reader's place, it keeps it for those who read, not
  // for those who follow.
  follow(/** @type {boolean} */ on) {
    if (this.following === on) return;
    this.following = on;
    this.box.toggleAttribute('data-following', on);
    this.draw();
  }

  toEnd() {
    this.follow(true);
    this.box.scrollTop = this.box.scrollHeight;
    this.look();
    this.read();
  }

  // Drawing only what is near.

  part() {
    const part = document.createElement('div');
    part.className = 'lines';
    return part;
  }

  /** Begins a new chunk; the one before it does not change any more. */
  open() {
    const chunk = this.part();
    this.waiting.before(chunk);
    this.chunks.push(chunk);
    // A screen reader has said it: what is put back into the page is not new.
    this.chunks.at(-2)?.setAttribute('aria-live', 'off');
    if (this.chunks.length > KEPT_CHUNKS) this.shorten();
    return chunk;
  }

  /** Has what is old taken out of the page while nobody is near it. */
  async shorten() {
    const parts = await later().catch(() => undefined);
    if (!parts) return; // until the next chunk
    this.folds ??= new parts.Folds(this.box);
    for (const old of this.chunks.splice(0, this.chunks.length - KEPT_CHUNKS)) this.folds.add(old);
  }
}
