// @ts-check
// Media from elsewhere loads only after a click, into a frame of its own.

import { copy, find, word } from './room.js';

let frames = 0;

/** Puts buttons in the place of the links that formatting has left in messages. */
export function mediaButtons(/** @type {HTMLElement} */ part) {
  for (const link of part.querySelectorAll('a.m-media')) link.replaceWith(mediaButton(/** @type {HTMLAnchorElement} */ (link)));
}

function mediaButton(/** @type {HTMLAnchorElement} */ link) {
  const media = copy('[data-media]');
  const form = /** @type {HTMLFormElement} */ (find('form', media));
  const frame = /** @type {HTMLIFrameElement} */ (find('iframe', media));
  const kind = ['video', 'audio'].find((k) => link.classList.contains(`m-${k}`)) ?? 'image';
  /** @type {HTMLInputElement} */ (find('[name=url]', form)).value = link.href;
  /** @type {HTMLInputElement} */ (find('[name=kind]', form)).value = kind;
  find('button', form).textContent = word(`media-${kind}`, { host: link.host });
  form.target = frame.name = `media-${++frames}`;
  frame.title = word('media-frame', { n: frames, host: link.host });
  form.addEventListener('submit', () => {
    frame.hidden = false;
    frame.focus(); // the button is about to go
    setTimeout(() => form.remove());
  });
  return media;
}
