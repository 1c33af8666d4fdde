// @ts-check
// The room page: draws what the wire brings, sends what is typed, and wipes
// itself when it is told to or can no longer be.

import { onExit } from './exit.js';
import { copy, find, word } from './page.js';
import { cover, douseFuse, guard, lightFuse, nothingToHide } from './privacy.js';
import { Outbox, Until } from './protocol.js';
import { Socket } from './socket.js';
import { DeadMansSwitch } from './switch.js';
import { fragment } from './trusted.js';

/**
 * @typedef {import('./protocol.js').Person} Person
 * @typedef {import('./protocol.js').Outgoing} Outgoing
 * @typedef {import('./protocol.js').RoomMessage} RoomMessage
 * @typedef {import('./protocol.js').Welcome} Welcome
 * @typedef {import('./protocol.js').WireObject} WireObject
 */

const ACK_EVERY_MS = 2000; // at most this often (design.md, section 5)
const TICK_MS = 1000;
const PENDING_HINT_MS = 500; // a quicker confirmation needs no words
const COUNTER_FROM = 0.8; // of the message limit
const LEASE_SLACK = 30; // seconds by which server and page may differ: it is renewed every 15
const PURGE_AGAIN_MS = 2000; // until a purge is sent again that was not answered
const PURGE_ANSWER_MS = 8000;
const TRIES_BEFORE_PLAIN = 2; // that failed: what carries pages may not carry WebSockets
const NEAR_END_PX = 80; // a reader so close to the newest message follows it

const room = find('[data-room]');
const path = room.dataset.path ?? '';
const limitBytes = Number(room.dataset.messageBytes);
const warnMinutes = (room.dataset.warnMinutes ?? '').split(' ').map(Number); // before the room ends
const log = find('[data-log]');
const people = find('[data-people]');
const status = find('[data-status]');
const plain = find('[data-plain]');
const leftText = find('[data-left]', room);
const composer = /** @type {HTMLFormElement} */ (find('[data-composer]'));
const text = /** @type {HTMLTextAreaElement} */ (find('textarea', composer));
const hint = find('[data-hint]');
const counter = find('[data-counter]');

// What this page knows of the room. The deadline and the lease begin with the
// page, so they hold even if no connection ever comes.
let you = room.dataset.you ?? '';
let deadline = new Until(Number(room.dataset.left));
let lease = new Until(0);
renew(Number(room.dataset.lease));
let expires = find('[data-left]', room).getAttribute('datetime') ?? ''; // the deadline as the server writes it
/** @type {number | undefined} */
let last; // seq of the newest event drawn
let acked = 0;
let over = false;
/** @type {Map<string, Person>} */
const present = new Map();
/** @type {Map<string, string>} */
const aliases = new Map(); // of everybody this page has met: who left may still be quoted

const outbox = new Outbox();
/** @type {Outgoing | undefined} */
let held; // the outgoing message whose text still stands in the composer

const socket = new Socket(path, {
  last: () => last,
  object: (o) => {
    tick();
    if (!over) handlers[o.type]?.(o);
    else if (o.type === 'ended') socket.send({ type: 'wiped' }); // the room follows this screen
  },
  status: (s) => {
    status.textContent = word(s);
    room.dataset.connection = s;
    plain.hidden = s === 'connected' || socket.tries < TRIES_BEFORE_PLAIN;
    if (s === 'connected') {
      outbox.reconnected();
    } else {
      showPending();
    }
  },
  // Long before the lease ends it is not the lease, but the cookie, that is gone.
  over: (cause) => wipe(cause === 'lease' && lease.left() > LEASE_SLACK ? 'cookies' : cause),
});

/** @type {Record<string, (o: any) => void>} */
const handlers = {
  welcome(/** @type {Welcome} */ o) {
    you = o.you;
    deadline = new Until(o.room.left);
    expires = o.room.expires;
    renew(Math.min(o.room.lease, o.room.left));
    acked = last === undefined ? o.seq : 0; // what went out over a broken line may not have arrived
    last ??= o.seq;
    present.clear();
    for (const person of o.participants) meet(person);
    drawPeople();
    deadMan.welcome(o.room.armed);
    ackSoon();
    pump();
  },
  message(/** @type {RoomMessage} */ o) {
    if (o.from === you) confirmed(o.id);
    if (isNews(o)) drawMessage(o);
  },
  joined(o) {
    if (!isNews(o)) return;
    meet(o.participant);
    drawPeople();
    drawNote(word('joined', { alias: o.participant.alias }));
  },
  left(o) {
    if (!isNews(o)) return;
    present.delete(o.participant);
    drawPeople();
    drawNote(word('left', { alias: aliasOf(o.participant) }));
  },
  gap(o) {
    if (isNews(o)) drawNote(word(o.missed === 1 ? 'gap-one' : 'gap', { n: o.missed }));
  },
  presence(o) {
    const person = present.get(o.participant);
    if (person) person.state = o.state;
    drawPeople();
  },
  refused(o) {
    refused(o.id, o.reason, o.retry);
  },
  notice(o) {
    drawNote(word('dropped', { list: o.dropped.join(', ') }));
  },
  armed(o) {
    if (isNews(o)) deadMan.armed(o.at);
  },
  disarmed(o) {
    if (isNews(o)) deadMan.armed(undefined);
  },
  switch(o) {
    deadMan.confirmed(o);
  },
  lease(o) {
    renew(o.for);
  },
  ended(o) {
    wipe(o.cause, () => socket.send({ type: 'wiped' }));
  },
};

/** Lets the screen show messages for so many seconds more. */
function renew(/** @type {number} */ seconds) {
  lease = new Until(seconds);
  lightFuse(seconds);
}

const deadMan = new DeadMansSwitch({
  send: (o) => socket.send(o),
  left: (at) => deadline.left() - (Date.parse(expires) - Date.parse(at)) / 1000,
  note: drawNote,
});

/** Whether an event was not drawn yet; from then on it was. */
function isNews(/** @type {WireObject} */ o) {
  if (o.seq === undefined || (last !== undefined && o.seq <= last)) return false;
  last = o.seq;
  ackSoon();
  return true;
}

function meet(/** @type {Person} */ person) {
  present.set(person.id, person);
  aliases.set(person.id, person.alias);
}

function aliasOf(/** @type {string} */ id) {
  return aliases.get(id) ?? word('unknown-alias');
}

// Drawing.

let following = true; // the reader is at the newest message
let scrolledTo = 0;

/** Adds a line to the log, before what still waits to be sent. */
function draw(/** @type {HTMLElement} */ line, follow = false) {
  log.insertBefore(line, log.querySelector('[data-pending]'));
  following ||= follow;
  keepEndSoon();
}

let keeping = 0;

// Scrolling has the whole log laid out, 28 ms of 10,000 messages: once a frame is
// enough for all that has come.
function keepEndSoon() {
  keeping ||= requestAnimationFrame(() => {
    keeping = 0;
    keepEnd();
  });
}

// Who is at the newest message stays there when the log gets smaller, as by the
// keyboard of a phone, or what is in it larger, as by a picture that was loaded.
// Only scrolling back ends that, and at once: its event may come later than the
// next message.
function keepEnd() {
  look();
  if (following) toEnd();
}
function look() {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  following = atEnd || (following && log.scrollTop >= scrolledTo);
  scrolledTo = log.scrollTop;
}
function toEnd() {
  following = true;
  log.scrollTop = log.scrollHeight;
  scrolledTo = log.scrollTop;
}
log.addEventListener('scroll', look);
log.addEventListener('load', keepEnd, true);
new ResizeObserver(keepEnd).observe(log);

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** A line as messages have it, from somebody, at some time. */
function messageLine(/** @type {string} */ from, /** @type {Date} */ at) {
  const line = copy('[data-message]');
  line.toggleAttribute('data-own', from === you);
  find('.alias', line).textContent = aliasOf(from);
  const time = /** @type {HTMLTimeElement} */ (find('time', line));
  time.dateTime = at.toISOString();
  time.textContent = clock.format(at);
  return line;
}

function drawMessage(/** @type {RoomMessage} */ o) {
  const line = messageLine(o.from, new Date(o.at));
  line.dataset.seq = String(o.seq);
  const body = find('[data-body]', line);
  body.append(fragment(o.html));
  for (const link of body.querySelectorAll('a.m-media')) link.replaceWith(mediaButton(/** @type {HTMLAnchorElement} */ (link)));
  draw(line, o.from === you);
}

function drawNote(/** @type {string} */ sentence) {
  const line = copy('[data-note]');
  line.textContent = sentence;
  draw(line);
}

let frames = 0;

/** Media from elsewhere loads only after a click, into a frame of its own. */
function mediaButton(/** @type {HTMLAnchorElement} */ link) {
  const media = copy('[data-media]');
  const form = /** @type {HTMLFormElement} */ (find('form', media));
  const frame = /** @type {HTMLIFrameElement} */ (find('iframe', media));
  const kind = ['video', 'audio'].find((k) => link.classList.contains(`m-${k}`)) ?? 'image';
  /** @type {HTMLInputElement} */ (find('[name=url]', form)).value = link.href;
  /** @type {HTMLInputElement} */ (find('[name=kind]', form)).value = kind;
  find('button', form).textContent = word(`media-${kind}`, { host: link.host });
  form.target = frame.name = `media-${++frames}`;
  form.addEventListener('submit', () => {
    frame.hidden = false;
    setTimeout(() => form.remove());
  });
  return media;
}

function drawPeople() {
  people.replaceChildren(
    ...Array.from(present.values(), (person) => {
      const line = copy('[data-person]');
      line.dataset.participant = person.id;
      line.dataset.state = person.state;
      find('[data-alias]', line).textContent = person.alias;
      find('[data-person-you]', line).hidden = person.id !== you;
      find('[data-person-state]', line).textContent = word(`state-${person.state}`);
      return line;
    }),
  );
  find('[data-people-count]').textContent = String(present.size);
}

// Sending. A message stays in the composer until it is confirmed; if its author
// types on, it waits in the log instead, marked as pending.

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  if (held || over) return;
  if (text.value.trim() === '') return say('empty');
  if (sizeBytes() > limitBytes) return say('too-long');
  say('');
  held = outbox.add(text.value);
  composer.dataset.pending = '';
  setTimeout(showPending, PENDING_HINT_MS);
  pump();
});

/** Sends the next message if nothing is on its way. */
function pump() {
  const item = outbox.next();
  if (!item || over) return;
  ack();
  item.sent = socket.send({ type: 'send', id: item.id, html: item.text });
}

function confirmed(/** @type {string} */ id) {
  const item = outbox.take(id);
  if (!item) return;
  release(item, true);
  pump();
}

/**
 * Ends the wait for an item: the composer is free again, or the pending line goes.
 * @param {Outgoing} item
 * @param {boolean} accepted
 */
function release(item, accepted) {
  if (item === held) {
    free();
    if (accepted) text.value = '';
  } else {
    log.querySelector(`[data-pending="${item.id}"]`)?.remove();
    if (!accepted) text.value = text.value === '' ? item.text : `${item.text}\n${text.value}`;
  }
  sized();
}

function refused(/** @type {string} */ id, /** @type {string} */ reason, /** @type {number | undefined} */ retry) {
  const item = outbox.items.find((i) => i.id === id);
  if (id === '' && retry) drawNote(word('switch-refused', { n: retry }));
  if (!item) return;
  if (reason === 'too-fast') {
    say(reason, { n: retry ?? 1 });
    setTimeout(() => {
      item.sent = false;
      pump();
    }, (retry ?? 1) * 1000);
    return;
  }
  outbox.take(id);
  release(item, false);
  say(reason);
  pump();
}

/** Frees the composer from the message that waits there; it waits in the log from now on. */
function setAside(/** @type {Outgoing} */ item) {
  const line = messageLine(you, new Date());
  line.dataset.pending = item.id;
  find('[data-body]', line).textContent = item.text;
  log.append(line);
  toEnd();
  free();
}

function takeBack(/** @type {Outgoing} */ item) {
  outbox.take(item.id);
  free();
}

function free() {
  held = undefined;
  delete composer.dataset.pending;
  say('');
}

/** Who types on while a message waits begins a new one; who deletes takes it back. */
function typedOn(/** @type {InputEvent | CompositionEvent} */ event) {
  if (!held) return;
  const adds = !('inputType' in event) || event.inputType.startsWith('insert');
  if (adds || held.sent) {
    setAside(held);
    text.value = '';
  } else {
    takeBack(held);
  }
}
text.addEventListener('beforeinput', typedOn);
text.addEventListener('compositionstart', typedOn);

// Dictation, assistive technology and extensions change the text without saying
// so before. What they added is the new message.
text.addEventListener('input', () => {
  if (!held || text.value === held.text) return;
  const { text: waiting, sent } = held;
  const added = text.value.startsWith(waiting);
  if (!added && !sent) return takeBack(held);
  setAside(held);
  if (added) text.value = text.value.slice(waiting.length);
});

// The cursor stays where it is, and so does the keyboard of a phone.
find('button', composer).addEventListener('mousedown', (event) => event.preventDefault());

/** Says why the composer keeps its text, if it has been a while. */
function showPending() {
  if (held) say(socket.open() ? 'sending' : 'waiting');
}

function say(/** @type {string} */ key, /** @type {Record<string, string | number>} */ places = {}) {
  hint.textContent = key && word(key, places);
}

const encoder = new TextEncoder();
const sizeBytes = () => encoder.encode(text.value).length;

/** Shows how much room is left, once it matters. */
function sized() {
  const left = limitBytes - sizeBytes();
  counter.hidden = left > limitBytes * (1 - COUNTER_FROM);
  counter.textContent = left < 0 ? word('counter-over', { n: -left }) : word('counter', { n: left });
}
text.addEventListener('input', sized);

text.addEventListener('keydown', (event) => {
  const touch = matchMedia('(hover: none) and (pointer: coarse)').matches;
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || touch) return;
  event.preventDefault();
  composer.requestSubmit();
});

// Acknowledging, and the clocks.

let ackedAt = -Infinity;
let ackTimer = 0;

function ack() {
  if (last === undefined || last <= acked || !socket.send({ type: 'ack', seq: last })) return;
  acked = last;
  ackedAt = performance.now();
}

/** Acknowledges what this frame brought: at once if the last time is long enough ago. */
function ackSoon() {
  ackTimer ||= setTimeout(() => {
    ackTimer = 0;
    ack();
  }, Math.max(0, ackedAt + ACK_EVERY_MS - performance.now()));
}

/** @type {number | undefined} */
let warned; // the last of warnMinutes that has come

/** Says once, in the log and so to screen readers, that the end is near. */
function warn(/** @type {number} */ left) {
  const reached = warnMinutes.findLast((minutes) => left <= minutes * 60) ?? Infinity;
  if (warned !== undefined && reached < warned) drawNote(word(reached === 1 ? 'ends-in-one' : 'ends-in', { n: reached }));
  warned = reached; // who comes later than that sees the time left anyway
}

/** Looks at all clocks; nothing is drawn before it did. */
function tick() {
  if (over) return;
  const left = deadline.left();
  if (left <= 0) return wipe('expired');
  if (lease.left() <= 0) return wipe('lease');
  socket.check();
  guard();
  warn(left);
  deadMan.draw();
  leftText.textContent =
    left < 120 ? word('left-seconds', { n: Math.ceil(left) }) : word('left-minutes', { n: Math.ceil(left / 60) });
}

const ticks = setInterval(tick, TICK_MS);
/** The page was left alone, or comes back: the clocks first, the eyes after. */
function wake() {
  const hidden = document.visibilityState === 'hidden';
  if (hidden) cover(true);
  tick();
  if (!hidden) cover(false);
  if (hidden) ack();
  else if (!over) socket.hurry();
}
for (const event of ['visibilitychange', 'resume']) document.addEventListener(event, wake);
for (const event of ['focus', 'online', 'pageshow']) addEventListener(event, wake);
document.addEventListener('freeze', () => cover(true));

// Leaving.

/** Takes everything people wrote, and who they are, off the page. */
function clear() {
  text.value = '';
  log.replaceChildren();
  people.replaceChildren();
  outbox.items.length = 0;
  held = undefined;
  present.clear();
  aliases.clear();
  document.title = 'Mayfly';
}

/**
 * Wipes the screen for good and says why.
 * @param {string} cause names the page's template for it
 * @param {() => void} [confirm] called when everything is gone
 */
function wipe(cause, confirm) {
  if (over) return;
  over = true;
  clearTimeout(ackTimer);
  clearInterval(ticks);
  clear();
  sessionStorage.clear();
  dialog.close();
  find('[data-frame]').prepend(exitControl);
  room.replaceChildren();
  for (const name of Object.keys(room.dataset)) delete room.dataset[name];
  nothingToHide();
  douseFuse();
  confirm?.();
  const known = document.querySelector(`template[data-cause="${CSS.escape(cause)}"]`) ? cause : 'gone';
  room.append(copy(`[data-cause="${known}"]`));
  find('h1', room).focus();
  // The server closes once it has the confirmation; other ends close here.
  if (!confirm) socket.stop();
  // No script can take the room's cookie away, but the server's answer can.
  if (cause !== 'replaced' && cause !== 'purging') fetch(`${path}/exit`, { method: 'POST', keepalive: true }).catch(() => {});
}

// A page that is left shows nothing when it is come back to, and what it drew
// is acknowledged, so that no later page shows it again. Firefox has closed the
// socket by the time of pagehide.
addEventListener('beforeunload', ack);
addEventListener('pagehide', () => {
  if (over) return;
  ack();
  over = true;
  clear();
  room.replaceChildren();
  socket.stop();
});
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
onExit(() => {
  over = true;
  clearInterval(ticks);
  clear();
  socket.stop();
});
find('[data-logout-form]').addEventListener('submit', () => sessionStorage.clear());

// The controls that need a script.

const share = /** @type {HTMLInputElement} */ (find('[data-share]'));
const copyButton = find('[data-copy]');
copyButton.hidden = false;
copyButton.addEventListener('click', async () => {
  find('[data-copy-hint]').textContent = word((await copied(share)) ? 'copied' : 'copy-failed');
});

/** Browsers have no clipboard on plain http; the old command serves there. */
async function copied(/** @type {HTMLInputElement} */ input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.select();
    return document.execCommand('copy');
  }
}

const dialog = /** @type {HTMLDialogElement} */ (find('[data-purge-dialog]'));
const purgeButton = find('[data-purge-open]');
const purgeForm = /** @type {HTMLFormElement} */ (find('[data-purge-form]'));
find('[data-purge-place]', dialog).append(purgeForm);
find('[data-purge-plain]').remove();
purgeButton.hidden = false;
const exitControl = find('[data-exit]');
purgeButton.addEventListener('click', () => {
  dialog.append(exitControl); // or it would be in view and out of reach
  dialog.showModal();
});
dialog.addEventListener('close', () => find('[data-frame]').prepend(exitControl));
find('[data-purge-cancel]', dialog).addEventListener('click', () => dialog.close());

// Not by navigation: the socket must live to confirm that this screen is wiped
// as well, and Firefox closes it as soon as a navigation begins. The form names
// its receipt, so what is sent again is the same purge.
purgeForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { action } = purgeForm;
  const body = new URLSearchParams(/** @type {any} */ (new FormData(purgeForm)));
  wipe('purging', () => {});
  for (;;) {
    try {
      const answer = await fetch(action, { method: 'POST', body, signal: AbortSignal.timeout(PURGE_ANSWER_MS) });
      if (answer.status < 500 && answer.status !== 429) {
        location.replace(answer.redirected ? answer.url : path); // without a receipt, the room's page says why
        return;
      }
    } catch {
      // It may have arrived, or not.
    }
    find('[data-purge-late]', room).hidden = false;
    await new Promise((resolve) => setTimeout(resolve, PURGE_AGAIN_MS));
  }
});

if (matchMedia('(pointer: fine)').matches) text.focus();
sized();
socket.connect();
