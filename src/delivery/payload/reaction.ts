import { PayloadError, type PayloadBuilder } from './payload-builder.js';

/** `type: "reaction"`: an emoji on an earlier message; an empty one takes it back. */
export const reaction: PayloadBuilder = ({ message }) => {
  if (message.replyToWamid === null) throw new PayloadError(`Message ${message.id} reacts to nothing`);
  return { type: 'reaction', reaction: { message_id: message.replyToWamid, emoji: message.body ?? '' } };
};
