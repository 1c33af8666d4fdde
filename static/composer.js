// @ts-check
// The composer. A message stays in it until it is confirmed; if its author types
// on, it waits in the log instead, marked as pending. Nothing leaves before it is
// sent, but that somebody is typing.

import { later } from './need.js';
import { option } from './options.js';
import { find, word } from './page.js';
import { Picture, tag } from './picture.js';
import { Outbox } from './protocol.js';
import { onPicture } from './toolbar.js';

/** @typedef {import('./protocol.js').Outgoing} Outgoing */

const PENDING_HINT_MS = 500; // a quicker confirmation needs no words
const COUNTER_FROM = 0.8; // of the message limit
const TYPING_EVERY_MS = 3000; // at most this often (design.md, section 5)

const form = /** @type {HTMLFormElement} */ (find('[data-composer]'));
const text = /** @type {HTMLTextAreaElement} */ (find('textarea', form));
const hint = find('[data-hint]');
const counter = find('[data-counter]');
const noTyping = option('no-typing');

const encoder = new TextEncoder();
const bytesOf = (/** @type {string} */ s) => encoder.encode(s).length;

export class Composer {
  /**
   * @param {{
   *   limitBytes: number, // of a message
   *   wrote: () => void, // a message is to be sent
   *   send: (o: object) => boolean, // whether there is a connection
   *   connected: () => boolean,
   *   wait: (item: Outgoing) => void, // shows in the log what the composer does not hold any more
   *   waited: (id: string) => void, // the end of that
   * }} host
   */
  constructor(host) {
    this.host = host;
    this.outbox = new Outbox();
    /** @type {Outgoing | undefined} */
    this.held = undefined; // the outgoing message whose text still stands here
    this.over = false;
    this.typed = -Infinity;
    this.picture = new Picture(() => this.sized());
    this.attached = 0; // how many pictures were; the last one is the one
    this.listen();
    this.sized();
    if (matchMedia('(pointer: fine)').matches) text.focus();
  }

  /** The message as it would be sent now. */
  html() {
    return join(text.value, this.picture.html);
  }

  /** Whether something is here, or waits, that nobody else has. */
  unsent() {
    return this.html() !== '' || this.outbox.items.length > 0;
  }

  /** How many bytes a picture may have: the text may grow a little beside it. */
  roomBytes() {
    return this.host.limitBytes - bytesOf(text.value) - Math.min(1024, this.host.limitBytes / 16);
  }

  submit() {
    if (this.held || this.over) return;
    if (this.html().trim() === '') return this.say('empty');
    if (bytesOf(this.html()) > this.host.limitBytes) return this.say('too-long');
    this.say('');
    this.host.wrote();
    this.held = this.outbox.add(text.value, this.picture.html);
    form.dataset.pending = '';
    setTimeout(() => this.showPending(), PENDING_HINT_MS);
    this.pump();
  }

  /** Sends the next message if nothing is on its way. */
  pump() {
    const item = this.outbox.next();
    if (!item || this.over) return;
    item.sent = this.host.send({ type: 'send', id: item.id, html: join(item.text, item.picture) });
  }

  /** A new connection knows nothing of what went out before. */
  reconnected() {
    this.outbox.reconnected();
  }

  confirmed(/** @type {string} */ id) {
    const item = this.outbox.take(id);
    if (!item) return;
    this.release(item, true);
    this.pump();
  }

  refused(/** @type {string} */ id, /** @type {string} */ reason, /** @type {number} */ retry = 1) {
    const item = this.outbox.items.find((i) => i.id === id);
    if (!item) return;
    if (reason === 'too-fast') {
      this.say(reason, { n: retry });
      setTimeout(() => {
        item.sent = false;
        this.pump();
      }, retry * 1000);
      return;
    }
    this.outbox.take(id);
    this.release(item, false);
    this.say(reason);
    this.pump();
  }

  /**
   * Ends the wait for an item: the composer is free again, or the pending line goes.
   * What was not accepted stands in the composer again.
   * @param {Outgoing} item
   * @param {boolean} accepted
   */
  release(item, accepted) {
    if (item === this.held) {
      this.free();
      if (accepted) this.empty();
    } else {
      this.host.waited(item.id);
      if (!accepted) this.giveBack(item);
    }
    this.sized();
  }

  giveBack(/** @type {Outgoing} */ item) {
    const picture = this.picture.html === '' && item.picture !== '';
    const back = picture ? item.text : join(item.text, item.picture);
    text.value = text.value === '' ? back : `${back}\n${text.value}`;
    if (picture) this.picture.set(item.picture);
  }

  /** Frees the composer from the message that waits there; it waits in the log from now on. */
  setAside(/** @type {Outgoing} */ item) {
    this.host.wait(item);
    this.picture.clear();
    this.free();
  }

  /** What waits here, if anything, waits in the log from now on, and the composer is empty. */
  moveOn() {
    if (!this.held) return;
    this.setAside(this.held);
    text.value = '';
  }

  takeBack(/** @type {Outgoing} */ item) {
    this.outbox.take(item.id);
    this.free();
  }

  free() {
    this.held = undefined;
    delete form.dataset.pending;
    this.say('');
  }

  empty() {
    text.value = '';
    this.picture.clear();
  }

  /** Everything that was written leaves the page. */
  clear() {
    this.over = true;
    this.empty();
    this.outbox.items.length = 0;
    this.held = undefined;
  }

  /** Says why the composer keeps its text, if it has been a while. */
  showPending() {
    if (this.held) this.say(this.host.connected() ? 'sending' : 'waiting');
  }

  say(/** @type {string} */ key, /** @type {Record<string, string | number>} */ places = {}) {
    hint.textContent = key && word(key, places);
  }

  /** Shows how much room is left, once it matters. */
  sized() {
    const { limitBytes } = this.host;
    const left = limitBytes - bytesOf(this.html());
    counter.hidden = left > limitBytes * (1 - COUNTER_FROM);
    counter.textContent = left < 0 ? word('counter-over', { n: -left }) : word('counter', { n: left });
  }

  typing() {
    if (noTyping.checked || text.value === '' || performance.now() - this.typed < TYPING_EVERY_MS) return;
    if (this.host.send({ type: 'typing' })) this.typed = performance.now();
  }

  listen() {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    // Who types on while a message waits begins a new one; who deletes takes it back.
    const typedOn = (/** @type {InputEvent | CompositionEvent} */ event) => {
      if (!this.held) return;
      const adds = !('inputType' in event) || event.inputType.startsWith('insert');
      if (adds || this.held.sent) this.moveOn();
      else this.takeBack(this.held);
    };
    text.addEventListener('beforeinput', typedOn);
    text.addEventListener('compositionstart', typedOn);
    // Dictation, assistive technology and extensions change the text without saying
    // so before. What they added is the new message.
    text.addEventListener('input', () => {
      if (!this.held) this.say(''); // what it said is being seen to
      this.sized();
      this.typing();
      if (!this.held || text.value === this.held.text) return;
      const { text: waiting, sent } = this.held;
      const added = text.value.startsWith(waiting);
      if (!added && !sent) return this.takeBack(this.held);
      this.setAside(this.held);
      if (added) text.value = text.value.slice(waiting.length);
    });
    text.addEventListener('keydown', (event) => {
      // Safari ends a composition by an Enter that is not composing any more, with this code.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      const touch = matchMedia('(hover: none) and (pointer: coarse)').matches;
      if (touch && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      form.requestSubmit();
    });
    // The cursor stays where it is, and so does the keyboard of a phone.
    find('button[type=submit]', form).addEventListener('mousedown', (event) => event.preventDefault());
    const pictureIn = (/** @type {DataTransfer | null} */ data) => [...(data?.files ?? [])].find((f) => f.type.startsWith('image/'));
    text.addEventListener('paste', (event) => {
      const file = pictureIn(event.clipboardData);
      // Of what was copied as text and as a picture of it, as spreadsheets do, the text is meant.
      if (!file || event.clipboardData?.getData('text/plain')) return;
      event.preventDefault();
      this.attach(file);
    });
    // A file that is dropped beside would be opened in place of the room.
    addEventListener('dragover', (event) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    });
    addEventListener('drop', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      const { length, 0: first } = event.dataTransfer.files;
      const file = pictureIn(event.dataTransfer) ?? first;
      if (file && !this.over) this.attach(file).then(() => length > 1 && this.say('picture-one'));
    });
    onPicture((file) => this.attach(file));
    // Who takes it off a message that waits takes that back, if it has not left.
    find('[data-picture-remove]').addEventListener('click', () => {
      if (this.held?.sent) this.moveOn();
      else if (this.held) this.takeBack(this.held);
      this.picture.clear();
      text.focus();
    });
    find('[data-preview-open]').addEventListener('click', () => this.preview());
  }

  /** Shows what would be sent, and sends it if that is wanted. */
  async preview() {
    const parts = await later().catch(() => undefined);
    if (!parts) this.say('not-loaded');
    else if (await parts.preview(this.html(), this.host.limitBytes)) this.submit();
  }

  /** Takes a picture to be sent with the text. */
  async attach(/** @type {File} */ file) {
    this.moveOn();
    const turn = ++this.attached;
    const bytes = this.roomBytes();
    const picture = await later().then(
      ({ scaled }) => scaled(file, (address) => tag(address).length <= bytes),
      () => 'not-loaded',
    );
    if (turn !== this.attached || this.over) return;
    this.moveOn(); // what was sent meanwhile went without it
    if (typeof picture === 'string') {
      this.say(picture);
    } else {
      this.picture.show(picture);
      this.say('');
    }
    text.focus();
  }
}

/** A text and the picture below it, as one message. */
function join(/** @type {string} */ words, /** @type {string} */ picture) {
  return words !== '' && picture !== '' ? `${words}\n${picture}` : words + picture;
}
