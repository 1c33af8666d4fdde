// @ts-check
// Where scripts run, the room has a better page than the one without them. Who
// chose this one (?plain) keeps it.

import './exit.js';
import { find } from './page.js';

if (location.search === '') location.replace(find('[data-live]').dataset.live ?? '/');
