// @ts-check
// The room page: puts its parts together, keeps its clocks, and wipes itself when
// it is told to or can no longer be.

import { Composer } from './composer.js';
import { onExit } from './exit.js';
import { Log } from './log.js';
import { later } from './need.js';
import { notice, showUnread, withdraw } from './notice.js';
import { option } from './options.js';
import { copy, find, learn, span, word } from './page.js';
import * as people from './people.js';
import { cover, douseFuse, guard, lightFuse, nothingToHide } from './privacy.js';
import { Until } from './protocol.js';
import { closeQuestion, onPurge } from './purge.js';
import './share.js';
import { Socket } from './socket.js';
import { DeadMansSwitch } from './switch.js';
import { fragment, ownWorker } from './trusted.js';

/**
 * @typedef {import('./log.js').Absence} Absence
 * @typedef {import('./protocol.js').RoomMessage} RoomMessage
 * @typedef {import('./protocol.js').Welcome} Welcome
 * @typedef {import('./protocol.js').WireObject} WireObject
 */

const ACK_EVERY_MS = 2000; // at most this often (design.md, section 5)
const TICK_MS = 1000;
const LEASE_SLACK = 30; // seconds by which server and page may differ: it is renewed every 15
const TRIES_BEFORE_PLAIN = 2; // that failed: what carries pages may not carry WebSockets
const ABSENCE_SECONDS = 10; // a shorter one is not worth a word
const CONNECTING_MS = 500; // a quicker connection needs no words

const room = find('[data-room]');
const path = room.dataset.path ?? '';
const warnMinutes = (room.dataset.warnMinutes ?? '').split(' ').map(Number); // before the room ends
const status = find('[data-status]');
const plain = find('[data-plain]');
const leftText = find('[data-left]', room);
const life = /** @type {HTMLProgressElement} */ (find('[data-life]'));

// What this page knows of the room. The deadline and the lease begin with the
// page, so they hold even if no connection ever comes.
let you = room.dataset.you ?? '';
let deadline = new Until(Number(room.dataset.left));
let lease = new Until(0);
renew(Number(room.dataset.lease));
let expires = leftText.getAttribute('datetime') ?? ''; // the deadline as the server writes it
/** @type {number | undefined} */
let last; // seq of the newest event drawn
let acked = 0;
let over = false;

let saying = 0;

/** @type {number | undefined} */
let lostAt; // when the connection was lost, by the wall clock
/** @type {Absence | undefined} */
let absence; // the last one that was long enough for a word
let absentUntil = 0; // seq of the newest event that it missed

const log = new Log(showUnread);

const socket = new Socket(path, {
  last: () => last,
  object: (o) => {
    tick();
    if (!over) handlers[o.type]?.(o);
    else if (o.type === 'ended') socket.send({ type: 'wiped' }); // the room follows this screen
  },
  status: (s) => {
    clearTimeout(saying);
    saying = setTimeout(() => (status.textContent = word(s)), s === 'connecting' ? CONNECTING_MS : 0);
    room.dataset.connection = s;
    plain.hidden = s === 'connected' || socket.blocked < TRIES_BEFORE_PLAIN;
    if (s === 'connected') {
      composer.reconnected();
    } else {
      lostAt ??= socket.heardAt();
      composer.showPending();
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
    comeBack(o.head);
    acked = last === undefined ? o.seq : 0; // what went out over a broken line may not have arrived
    last ??= o.seq;
    people.welcome(you, o.participants);
    deadMan.welcome(o.room.armed);
    sayPresence();
    ackSoon();
    composer.pump();
  },
  message(/** @type {RoomMessage} */ o) {
    if (o.from === you) composer.confirmed(o.id);
    people.stopped(o.from);
    if (isNews(o)) drawMessage(o);
  },
  joined(o) {
    if (!isNews(o)) return;
    people.joined(o.participant);
    drawMove('joined', o.participant.alias);
  },
  left(o) {
    if (!isNews(o)) return;
    people.left(o.participant);
    drawMove('left', people.alias(o.participant));
  },
  gap(o) {
    if (isNews(o)) drawNote(word(o.missed === 1 ? 'gap-one' : 'gap', { n: o.missed }));
  },
  presence(o) {
    people.state(o.participant, o.state);
  },
  typing(o) {
    people.typed(o.from);
  },
  refused(o) {
    if (o.id === '' && o.retry) drawNote(word('switch-refused', { n: o.retry }));
    composer.refused(o.id, o.reason, o.retry);
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

const composer = new Composer({
  limitBytes: Number(room.dataset.messageBytes),
  wrote: () => log.wrote(),
  send: (o) => {
    ack();
    return socket.send(o);
  },
  connected: () => socket.open(),
  wait: (item) => {
    const line = messageLine(you, new Date());
    line.dataset.pending = item.id;
    show(line, word('not-sent'));
    find('[data-body]', line).textContent = item.text || word('picture-sent');
    log.wait(line);
  },
  waited: (id) => room.querySelector(`[data-pending="${id}"]`)?.remove(),
});

// Its page knows nothing of what waits here.
plain.addEventListener('click', (event) => {
  if (!composer.unsent() || plain.dataset.asked !== undefined) return;
  event.preventDefault();
  plain.dataset.asked = '';
  composer.say('plain-unsent');
});

const deadMan = new DeadMansSwitch({
  send: (o) => socket.send(o),
  left: (at) => deadline.left() - (Date.parse(expires) - Date.parse(at)) / 1000,
  note: drawNote,
});

/** Lets the screen show messages for so many seconds more. */
function renew(/** @type {number} */ seconds) {
  lease = new Until(seconds);
  lightFuse(seconds);
}

/** Whether an event was not drawn yet; from then on it was. */
function isNews(/** @type {WireObject} */ o) {
  if (o.seq === undefined || (last !== undefined && o.seq <= last)) return false;
  last = o.seq;
  ackSoon();
  return true;
}

/** The page has a connection again: what was said until now, it has missed. */
function comeBack(/** @type {number} */ head) {
  const seconds = lostAt === undefined ? 0 : (Date.now() - lostAt) / 1000;
  lostAt = undefined;
  if (last === undefined || seconds < ABSENCE_SECONDS) return;
  absence = { time: span(seconds) };
  absentUntil = head;
}

// Others see whether the page is shown or hidden.
function sayPresence() {
  if (!over) socket.send({ type: 'presence', state: document.visibilityState === 'hidden' ? 'away' : 'here' });
}

// Drawing.

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

/** A line as messages have it, from somebody, at some time. */
function messageLine(/** @type {string} */ from, /** @type {Date} */ at) {
  const line = copy('[data-message]');
  line.toggleAttribute('data-own', from === you);
  line.dataset.from = from;
  const badge = find('.badge', line);
  badge.dataset.badge = people.badge(from);
  badge.setAttribute('aria-label', people.badgeText(people.badge(from)));
  find('.alias', line).textContent = people.alias(from);
  const time = /** @type {HTMLTimeElement} */ (find('time', line));
  time.dateTime = at.toISOString();
  show(line, clock.format(at));
  return line;
}

/** Lets keys scroll a message that may be wider than the screen. */
function widen(/** @type {HTMLElement} */ body) {
  body.tabIndex = 0;
  body.role = 'article'; // what has the focus says what it is
}

/** Writes a line's time, for which its text leaves room at its end. */
function show(/** @type {HTMLElement} */ line, /** @type {string} */ time) {
  find('time', line).textContent = find('[data-body]', line).dataset.time = time;
}

function drawMessage(/** @type {RoomMessage} */ o) {
  const line = messageLine(o.from, new Date(o.at));
  line.dataset.seq = String(o.seq);
  const body = find('[data-body]', line);
  body.append(fragment(o.html));
  if (body.querySelector('table, pre')) widen(body);
  if (body.querySelector('.m-media')) showMedia();
  if (o.from === you) return log.add(line);
  line.dataset.new = '';
  log.add(line, { news: true, missed: o.seq <= absentUntil ? absence : undefined });
  notice();
}

/** Makes links to media buttons; what is not loaded leaves them links. */
async function showMedia() {
  const parts = await later().catch(() => undefined);
  parts?.mediaButtons(room);
  log.keepEndSoon();
}

function drawNote(/** @type {string} */ sentence) {
  const line = copy('[data-note]');
  line.textContent = sentence;
  log.add(line);
  return line;
}

/** @type {{line: HTMLElement, how: string, aliases: (string | Node)[]} | undefined} */
let moved; // the last line about people who come or go

/** Says who came or went; many at once are one line. No alias passes for its words. */
function drawMove(/** @type {'joined' | 'left'} */ how, /** @type {string} */ alias) {
  const name = document.createElement('bdi');
  name.className = 'alias';
  name.textContent = alias;
  if (moved?.how === how && log.last() === moved.line) moved.aliases.push(', ');
  else moved = { line: drawNote(''), how, aliases: [] };
  moved.aliases.push(name);
  const [before, after] = word(how, { alias: '\n' }).split('\n');
  moved.line.replaceChildren(before, ...moved.aliases, after);
  log.keepEndSoon();
}

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
  people.tick();
  log.read();
  life.value = Math.ceil(left);
  leftText.textContent = word('time-left', { left: span(left) });
}

const ticks = setInterval(tick, TICK_MS);
/** The page was left alone, or comes back: the clocks first, the eyes after. */
function wake() {
  const hidden = document.visibilityState === 'hidden';
  if (hidden) cover(true);
  tick();
  if (!hidden) cover(false);
  sayPresence();
  if (hidden) return ack();
  if (over) return;
  socket.hurry();
  log.read();
}
for (const event of ['visibilitychange', 'resume']) document.addEventListener(event, wake);
for (const event of ['focus', 'online', 'pageshow']) addEventListener(event, wake);
document.addEventListener('freeze', () => cover(true));

// Leaving.

/** Takes everything people wrote, and who they are, off the page. */
function clear() {
  composer.clear();
  log.clear();
  people.clear();
  moved = undefined;
  withdraw();
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
  clearTimeout(saying);
  clearInterval(ticks);
  clear();
  sessionStorage.clear();
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  closeQuestion();
  const mark = find('.mark', room);
  room.replaceChildren();
  for (const name of Object.keys(room.dataset)) delete room.dataset[name];
  nothingToHide();
  douseFuse();
  confirm?.();
  const known = document.querySelector(`template[data-cause="${CSS.escape(cause)}"]`) ? cause : 'gone';
  room.append(copy(`[data-cause="${known}"]`));
  find('.ended', room).prepend(mark);
  find('h1', room).focus();
  // The server closes once it has the confirmation; other ends close here.
  if (!confirm) socket.stop();
  // No script can take the room's cookie away, but the server's answer can. To a
  // logout and a purge it has, and after a replacement the cookie is the other page's.
  if (!['logged-out', 'purging', 'replaced'].includes(cause)) fetch(`${path}/exit`, { method: 'POST', keepalive: true }).catch(() => {});
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
onPurge(() => wipe('purging', () => {}), path);

socket.connect();

// For later.js, which is a bundle of its own.
export { copy, find, fragment, learn, option, ownWorker, word };
