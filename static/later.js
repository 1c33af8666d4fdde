// @ts-check
// What need.js loads.

export { insert } from './insert.js';
export { ring, silence, takeBack } from './ring.js';
export { preview } from './preview.js';
export { scaled } from './scale.js';
