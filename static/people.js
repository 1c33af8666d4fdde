// @ts-check
// Who is here, in what state, behind which badge, and who is typing.

import { copy, find, word } from './page.js';

/** @typedef {import('./protocol.js').Person} Person */

const TYPED_MS = 5000; // after its last sign somebody has stopped typing: it is repeated every 3 s

export class People {
  constructor() {
    this.list = find('[data-people]');
    this.you = '';
    /** @type {Map<string, Person>} */
    this.present = new Map();
    /** @type {Map<string, Person>} */
    this.met = new Map(); // everybody this page has met: who left may still be quoted
    /** @type {Map<string, number>} */
    this.typing = new Map(); // until when, by performance.now()
    this.drawing = 0;
  }

  /** Takes over the list that a connection begins with. */
  welcome(/** @type {string} */ you, /** @type {Person[]} */ people) {
    this.you = you;
    this.present.clear();
    this.typing.clear();
    for (const person of people) this.joined(person);
    this.drawTyping();
  }

  joined(/** @type {Person} */ person) {
    this.present.set(person.id, person);
    this.met.set(person.id, person);
    this.drawSoon();
  }

  left(/** @type {string} */ id) {
    this.present.delete(id);
    this.stopped(id);
    this.drawSoon();
  }

  state(/** @type {string} */ id, /** @type {Person['state']} */ state) {
    const person = this.present.get(id);
    if (person) person.state = state;
    this.drawSoon();
  }

  alias(/** @type {string} */ id) {
    return this.met.get(id)?.alias ?? word('unknown-alias');
  }

  badge(/** @type {string} */ id) {
    return this.met.get(id)?.badge ?? '';
  }

  /** Everything about people leaves the page. */
  clear() {
    cancelAnimationFrame(this.drawing);
    this.present.clear();
    this.met.clear();
    this.typing.clear();
    this.list.replaceChildren();
  }

  drawSoon() {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.list.replaceChildren(
      ...Array.from(this.present.values(), (person) => {
        const line = copy('[data-person]');
        line.dataset.participant = person.id;
        line.dataset.state = person.state;
        find('.badge', line).dataset.badge = person.badge;
        find('[data-alias]', line).textContent = person.alias;
        find('[data-person-you]', line).hidden = person.id !== this.you;
        find('[data-person-badge]', line).textContent = badgeText(person.badge);
        find('[data-person-state]', line).textContent = word(`state-${person.state}`);
        return line;
      }),
    );
    find('[data-people-count]').textContent = String(this.present.size);
    find('[data-alone]').hidden = this.present.size > 1;
  }

  // Typing.

  typed(/** @type {string} */ id) {
    if (id === this.you || !this.present.has(id)) return;
    this.typing.set(id, performance.now() + TYPED_MS);
    this.drawTyping();
  }

  stopped(/** @type {string} */ id) {
    if (this.typing.delete(id)) this.drawTyping();
  }

  /** To be called every second. */
  tick() {
    for (const [id, until] of this.typing) {
      if (until <= performance.now()) this.stopped(id);
    }
  }

  drawTyping() {
    const [alias, other] = Array.from(this.typing.keys(), (id) => this.alias(id));
    const n = this.typing.size;
    const keys = ['', 'typing-one', 'typing-two'];
    find('[data-typing]').textContent = n === 0 ? '' : word(keys[n] ?? 'typing', { alias, other, n });
  }
}

/** A badge as people read it. */
export function badgeText(/** @type {string} */ badge) {
  const [color, shape, ...number] = badge.split(' ');
  return [word(`color-${color}`), word(`shape-${shape}`), ...number].join(' ').trim();
}
