// @ts-check
// The two forms outside a room, create and join, work without this module. It
// adds what only a script can: hiding a password, and noticing blocked cookies.

import './exit.js';

for (const button of document.querySelectorAll('button[data-reveal]')) {
  reveal(/** @type {HTMLButtonElement} */ (button));
}

if (!navigator.cookieEnabled) {
  for (const sentence of document.querySelectorAll('[data-no-cookies]')) {
    sentence.textContent = sentence.getAttribute('data-no-cookies');
    /** @type {HTMLElement} */ (sentence).hidden = false;
  }
}

// A second tap on the button would be a second person, or a second room.
const AGAIN_AFTER_MS = 10_000;

for (const form of document.forms) {
  let sent = -Infinity;
  form.addEventListener('submit', (event) => {
    if (performance.now() - sent < AGAIN_AFTER_MS) event.preventDefault();
    else sent = performance.now();
  });
  addEventListener('pageshow', () => {
    sent = -Infinity;
  });
}

/**
 * Lets a button show and hide the password field that it controls. The words for
 * both come from the page: data-show and data-hide.
 * @param {HTMLButtonElement} button
 */
function reveal(button) {
  const field = document.getElementById(button.getAttribute('aria-controls') ?? '');
  if (!(field instanceof HTMLInputElement)) return;
  const offer = document.querySelector(`[data-offer="${field.name}"]`);
  const draw = () => {
    const hides = field.type === 'password';
    button.textContent = (hides ? button.dataset.show : button.dataset.hide) ?? '';
    if (offer instanceof HTMLElement) offer.hidden = hides;
  };
  // Each way of showing has the autocomplete under which browsers keep nothing of it.
  const show = (/** @type {boolean} */ shown) => {
    field.type = shown ? 'text' : 'password';
    field.autocomplete = shown ? 'off' : 'one-time-code';
    draw();
  };
  button.addEventListener('click', () => show(field.type === 'password'));
  field.form?.addEventListener('submit', () => show(false));
  draw();
  button.hidden = false;
}
