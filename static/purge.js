// @ts-check
// The question before a purge, and the purge until it is answered.

import { find } from './page.js';

const AGAIN_MS = 2000; // until a purge is sent again that was not answered
const ANSWER_MS = 8000;

const dialog = /** @type {HTMLDialogElement} */ (find('[data-purge-dialog]'));
const button = find('[data-purge-open]');
const form = /** @type {HTMLFormElement} */ (find('[data-purge-form]'));
const exit = find('[data-exit]');

find('[data-purge-place]', dialog).append(form);
find('[data-purge-plain]').remove();
button.hidden = false;
button.addEventListener('click', () => {
  dialog.append(exit); // or it would be in view and out of reach
  dialog.showModal();
});
dialog.addEventListener('close', giveBackExit);
find('[data-purge-cancel]', dialog).addEventListener('click', () => dialog.close());

function giveBackExit() {
  find('[data-frame]').prepend(exit);
}

/** Takes the question back, if it stands. */
export function closeQuestion() {
  dialog.close();
  giveBackExit();
}

/**
 * Has the room purged when somebody decides so. Not by navigation: the socket must
 * live to confirm that this screen is wiped as well, and Firefox closes it as soon
 * as a navigation begins. The form names its receipt, so what is sent again is the
 * same purge.
 * @param {() => void} wipe clears this screen
 * @param {string} path of the room
 */
export function onPurge(wipe, path) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { action } = form;
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    wipe();
    for (;;) {
      try {
        const answer = await fetch(action, { method: 'POST', body, signal: AbortSignal.timeout(ANSWER_MS) });
        if (answer.status < 500 && answer.status !== 429) {
          location.replace(answer.redirected ? answer.url : path); // without a receipt, the room's page says why
          return;
        }
      } catch {
        // It may have arrived, or not.
      }
      find('[data-purge-late]').hidden = false;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  });
}
