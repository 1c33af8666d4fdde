// @ts-check
// Shows a message as the others would see it, before any of it has left.

import { mediaButtons } from './media.js';
import { find, fragment, ownWorker, word } from './room.js';

const text = /** @type {HTMLTextAreaElement} */ (find('textarea[name=html]'));
const dialog = /** @type {HTMLDialogElement} */ (find('[data-preview]'));
const body = find('[data-preview-body]', dialog);
const hint = find('[data-preview-hint]', dialog);
const send = /** @type {HTMLButtonElement} */ (find('[data-preview-send]', dialog));

send.addEventListener('click', () => dialog.close('send'));
find('[data-preview-close]', dialog).addEventListener('click', () => dialog.close());

/**
 * Shows the preview until it is closed, and gives the cursor back; the answer is whether it is to be sent.
 * @param {string} html
 * @param {number} limitBytes of a message
 * @returns {Promise<boolean>}
 */
export function preview(html, limitBytes) {
  const { selectionStart, selectionEnd } = text;
  send.disabled = true;
  hint.textContent = word('preview-wait');
  dialog.returnValue = '';
  dialog.showModal();
  const worker = ownWorker(dialog.dataset.preview ?? '');
  worker.onmessage = ({ data }) => show(data);
  worker.onerror = () => {
    hint.textContent = word('preview-failed');
  };
  worker.postMessage({ html, limitBytes });
  return new Promise((resolve) => {
    // What was written stays neither in the worker nor on the page.
    dialog.onclose = () => {
      worker.terminate();
      body.replaceChildren();
      text.focus();
      text.setSelectionRange(selectionStart, selectionEnd);
      resolve(dialog.returnValue === 'send');
    };
  });
}

/** Draws what formatting has made: its HTML, what it dropped, and why there is none. */
function show(/** @type {{html: string, dropped: string[], problem: string}} */ o) {
  body.replaceChildren(fragment(o.html));
  mediaButtons(body);
  const dropped = o.dropped.length > 0 ? word('preview-dropped', { list: o.dropped.join(', ') }) : '';
  hint.textContent = o.problem ? word(o.problem) : dropped;
  send.disabled = o.problem !== '';
}
