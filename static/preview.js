// @ts-check
// Shows a message as the others would see it, before any of it has left.

import { mediaButton } from './media.js';
import { find, word } from './page.js';
import { fragment, ownWorker } from './trusted.js';

const dialog = /** @type {HTMLDialogElement} */ (find('[data-preview]'));
const body = find('[data-preview-body]', dialog);
const hint = find('[data-preview-hint]', dialog);
const send = /** @type {HTMLButtonElement} */ (find('[data-preview-send]', dialog));

/** @type {Worker | undefined} */
let worker;

/**
 * Has the preview shown when it is asked for.
 * @param {{html: () => string, limitBytes: number, send: () => void}} composer
 */
export function onPreview(composer) {
  find('[data-preview-open]').addEventListener('click', () => {
    send.disabled = true;
    hint.textContent = word('preview-wait');
    dialog.showModal();
    worker = ownWorker(dialog.dataset.preview ?? '');
    worker.onmessage = ({ data }) => show(data);
    worker.onerror = () => {
      hint.textContent = word('preview-failed');
    };
    worker.postMessage({ html: composer.html(), limitBytes: composer.limitBytes });
  });
  send.addEventListener('click', () => {
    dialog.close();
    composer.send();
  });
}

/** Draws what formatting has made: its HTML, what it dropped, and why there is none. */
function show(/** @type {{html: string, dropped: string[], problem: string}} */ o) {
  body.replaceChildren(fragment(o.html));
  for (const link of body.querySelectorAll('a.m-media')) link.replaceWith(mediaButton(/** @type {HTMLAnchorElement} */ (link)));
  const dropped = o.dropped.length > 0 ? word('preview-dropped', { list: o.dropped.join(', ') }) : '';
  hint.textContent = o.problem ? word(o.problem) : dropped;
  send.disabled = o.problem !== '';
}

// What was written does not stay in the worker.
dialog.addEventListener('close', () => {
  worker?.terminate();
  worker = undefined;
  body.replaceChildren();
  find('textarea[name=html]').focus();
});
find('[data-preview-close]', dialog).addEventListener('click', () => dialog.close());
