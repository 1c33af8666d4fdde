// @ts-check
// Who is here, in what state, behind which badge, and who is typing.

import { copy, find, word } from './page.js';

/** @typedef {import('./protocol.js').Person} Person */

const TYPED_MS = 5000; // after its last sign somebody has stopped typing: it is repeated every 3 s

const list = find('[data-people]');
const count = find('[data-people-count]');
const alone = find('[data-alone]');
const typists = find('[data-typing]');

let you = '';
/** @type {Map<string, Person>} */
const present = new Map();
/** @type {Map<string, Person>} */
const met = new Map(); // everybody this page has met: who left may still be quoted
/** @type {Map<string, number>} */
const typing = new Map(); // until when, by performance.now()
let drawing = 0;

/** Takes over the list that a connection begins with. */
export function welcome(/** @type {string} */ self, /** @type {Person[]} */ people) {
  you = self;
  present.clear();
  typing.clear();
  for (const person of people) joined(person);
  drawTyping();
}

export function joined(/** @type {Person} */ person) {
  present.set(person.id, person);
  met.set(person.id, person);
  drawSoon();
}

export function left(/** @type {string} */ id) {
  present.delete(id);
  stopped(id);
  drawSoon();
}

export function state(/** @type {string} */ id, /** @type {Person['state']} */ now) {
  const person = present.get(id);
  if (person) person.state = now;
  drawSoon();
}

export function alias(/** @type {string} */ id) {
  return met.get(id)?.alias ?? word('unknown-alias');
}

export function badge(/** @type {string} */ id) {
  return met.get(id)?.badge ?? '';
}

/** Everything about people leaves the page. */
export function clear() {
  cancelAnimationFrame(drawing);
  present.clear();
  met.clear();
  typing.clear();
  drawTyping();
  list.replaceChildren();
}

function drawSoon() {
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(draw);
}

function draw() {
  list.replaceChildren(
    ...Array.from(present.values(), (person) => {
      const line = copy('[data-person]');
      line.dataset.participant = person.id;
      line.dataset.state = person.state;
      find('.badge', line).dataset.badge = person.badge;
      find('[data-alias]', line).textContent = person.alias;
      find('[data-person-you]', line).hidden = person.id !== you;
      find('[data-person-badge]', line).textContent = badgeText(person.badge);
      find('[data-person-state]', line).textContent = word(`state-${person.state}`);
      return line;
    }),
  );
  count.textContent = String(present.size);
  alone.hidden = present.size > 1;
}

// Typing.

export function typed(/** @type {string} */ id) {
  if (id === you || !present.has(id)) return;
  typing.set(id, performance.now() + TYPED_MS);
  drawTyping();
}

export function stopped(/** @type {string} */ id) {
  if (typing.delete(id)) drawTyping();
}

/** To be called every second. */
export function tick() {
  for (const [id, until] of typing) {
    if (until <= performance.now()) stopped(id);
  }
}

function drawTyping() {
  const [one, other] = Array.from(typing.keys(), alias);
  const n = typing.size;
  const keys = ['', 'typing-one', 'typing-two'];
  typists.textContent = n === 0 ? '' : word(keys[n] ?? 'typing', { alias: one, other, n });
}

/** A badge as people read it. */
export function badgeText(/** @type {string} */ badge) {
  const [color, shape, ...number] = badge.split(' ');
  return [word(`color-${color}`), word(`shape-${shape}`), ...number].join(' ').trim();
}
