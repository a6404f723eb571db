import type { PayloadBuilder } from './payload-builder.js';
import { StoredContent } from './stored-content.js';

/** `type: "location"`: a point on the map, with a name and an address where they are known. */
export const location: PayloadBuilder = ({ message }) => {
  const content = StoredContent.of(message);
  return {
    type: 'location',
    location: {
      latitude: content.number('latitude'),
      longitude: content.number('longitude'),
      ...content.texts('name', 'address'),
    },
  };
};
