// @ts-check
// Draws a picture anew, small enough for a message: what the camera wrote into the
// file, place and time among it, stays behind.

import { word } from './room.js';

const LONGEST_PX = 1280; // of its sides, to begin with
const SHORTEST_PX = 24; // below it nothing can be seen
const TRIES = 16;
const QUALITY = 0.7;

/** @typedef {{address: string, about: string}} Scaled about it in words: its size */

/**
 * The largest picture that fits, or the key of why there is none.
 * @param {File} file
 * @param {(address: string) => boolean} fits
 * @returns {Promise<Scaled | string>}
 */
export async function scaled(file, fits) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return 'picture-none';
  }
  const longest = Math.max(bitmap.width, bitmap.height);
  for (let scale = Math.min(1, LONGEST_PX / longest), i = 0; i < TRIES && longest * scale >= Math.min(longest, SHORTEST_PX); i++) {
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const address = encode(bitmap, width, height);
    if (fits(address)) return { address, about: word('picture-size', { width, height }) };
    scale *= 0.8;
  }
  return 'picture-large';
}

/**
 * The picture in this size as a data: address.
 * @param {ImageBitmap} bitmap
 * @param {number} width
 * @param {number} height
 */
function encode(bitmap, width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff'; // JPEG has nothing to see through
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  const url = canvas.toDataURL('image/webp', QUALITY);
  return url.startsWith('data:image/webp') ? url : canvas.toDataURL('image/jpeg', QUALITY); // WebKit writes no WebP
}
