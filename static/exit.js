// @ts-check
// Exit this page: leaves at once for a neutral page, with nothing of this tab
// left. By its button, or by Shift pressed three times as in the component of
// gov.uk that it follows: Escape closes dialogs and stops loading, Control and
// Alt belong to screen readers and menus.

import { find } from './page.js';

const PRESSES = 3;
const FORGET_MS = 5000; // after the last press, as gov.uk does
const ANSWER_MS = 3000; // the page stays empty until the way to undo a purge has come; then it is too late

const control = find('[data-exit]');
const said = find('[data-exit-said]', control);

/** @type {(() => void)[]} */
const last = [];

/** Has f called when the page is left, to stop what would go on. */
export function onExit(/** @type {() => void} */ f) {
  last.push(f);
}

let leaving = false;

/** Leaves at once. */
async function exit() {
  if (leaving) return; // who goes on pressing does not leave again
  leaving = true;
  let to = control.dataset.to ?? '/';
  const form = control.querySelector('form');
  const body = form ? new URLSearchParams(/** @type {any} */ (new FormData(form))) : undefined;
  for (const f of last) f();
  document.body.replaceChildren();
  document.title = '…';
  sessionStorage.clear();
  if (form) {
    // It goes out even while the page is left.
    const answer = fetch(form.action, { method: 'POST', body, keepalive: true });
    if (body?.has('purge')) to = await Promise.race([answer.then((a) => a.url), later(to)]).catch(() => to);
    else answer.catch(() => {});
  }
  location.replace(to);
}

function later(/** @type {string} */ value) {
  return new Promise((resolve) => setTimeout(resolve, ANSWER_MS, value));
}

control.addEventListener('click', (event) => {
  if (!(event.target instanceof Element) || !event.target.closest('a, button')) return;
  event.preventDefault();
  exit();
});

// Shift counts only when it is pressed and released by itself.

let presses = 0;
let alone = false;
let forget = 0;

function interrupted() {
  alone = false;
  show(0);
}

function show(/** @type {number} */ n) {
  clearTimeout(forget);
  if (n === presses) return;
  presses = n;
  control.dataset.presses = String(n);
  said.textContent = control.getAttribute(`data-press-${n}`) ?? '';
}

addEventListener(
  'keydown',
  (event) => {
    if (event.key !== 'Shift' || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) interrupted();
    else if (!event.repeat) alone = true;
  },
  true,
);
addEventListener(
  'keyup',
  (event) => {
    if (event.key !== 'Shift' || !alone) return;
    alone = false;
    if (presses + 1 === PRESSES) return exit();
    show(presses + 1);
    forget = setTimeout(() => show(0), FORGET_MS);
  },
  true,
);
for (const other of ['pointerdown', 'wheel', 'blur']) addEventListener(other, interrupted, { capture: true, passive: true });

const keys = find('[data-exit-keys]', control);
keys.textContent = keys.dataset.exitKeys ?? '';
keys.hidden = false;

// The answer to a refused form would keep what was typed in the tab's history,
// and send it again with a reload.
const page = location.pathname.replace(/^\/rooms$|(?<=^\/r\/[^/]+)\/(?!(?:exit|live|ended\/.*)$).*/, '') || '/';
if (page !== location.pathname) history.replaceState(null, '', page);

// What a tab keeps is for its room alone.
if (!document.querySelector('[data-room]')) sessionStorage.clear();
