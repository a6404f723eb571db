import { PERMISSION_RANGE } from './error-table.js';

/** What an error code tells somebody who does not know WhatsApp's documentation. */
export interface Explanation {
  /** What happened, in one plain sentence. */
  readonly meaning: string;
  /** What to do about it. */
  readonly advice: string;
}

/** For people who operate the number: the fault is none of this message's. */
const TOKEN_ADVICE =
  "Have the operator renew WhatsApp's access token and resume the number; messages that still wait then leave by themselves.";
const RECONNECT_ADVICE =
  'Put the number in order in the WhatsApp Manager, have the operator resume it, and send the message again.';
const LATER_ADVICE = 'Send it again in a while; it was tried as often as makes sense.';
const SYNC_ADVICE = 'Synchronise your templates and send it again with the values that the template asks for.';
const REGISTRATION_ADVICE = 'Have the operator finish the registration of the number; sends do not cause this.';

const PERMISSION: Explanation = {
  meaning: 'The access token lacks a permission that sending needs.',
  advice: TOKEN_ADVICE,
};

/** A code that WhatsApp did not document when this table was written. */
const UNDOCUMENTED: Explanation = {
  meaning: 'WhatsApp refused the message with a code that is not documented here.',
  advice: "Read the title and the details, look the code up in WhatsApp's documentation, and send a new message then.",
};

/**
 * Every code of the error table (see error-table.ts), in WhatsApp's sense ("Cloud API error codes", meanings and
 * solutions), said for those who send: what it means, and what to do.
 */
const EXPLANATIONS: ReadonlyMap<number, Explanation> = new Map(
  (
    [
      [0, 'WhatsApp could not tell who we are, because the access token is no longer valid.', TOKEN_ADVICE],
      [1, 'WhatsApp could not process the request, for a fault in it or on its own side.', LATER_ADVICE],
      [2, 'WhatsApp was down or overloaded for too long.', LATER_ADVICE],
      [3, 'The access token may not use this part of WhatsApp.', TOKEN_ADVICE],
      [4, 'The app made more calls than WhatsApp allows it.', LATER_ADVICE],
      [10, 'The permission to send for this account was not granted or was taken back.', TOKEN_ADVICE],
      [33, 'The WhatsApp number that should send no longer exists.', 'Have the operator connect another number.'],
      [
        100,
        'WhatsApp does not accept a field of this message, or the number may not be used with this token.',
        'Read the details, which name the field; change the message and send it again.',
      ],
      [104, 'The access token is missing or not valid.', TOKEN_ADVICE],
      [190, 'The access token has expired or was withdrawn.', TOKEN_ADVICE],
      [
        368,
        "WhatsApp has blocked the account because it broke WhatsApp's policies.",
        'See the reason in the WhatsApp Manager and appeal there; have the operator resume the number afterwards.',
      ],
      [80007, 'The account made more calls than WhatsApp allows it.', LATER_ADVICE],
      [80008, 'The account was managed with more calls than WhatsApp allows.', LATER_ADVICE],
      [
        130403,
        'Your business has blocked this person on WhatsApp.',
        'Unblock the person in WhatsApp if you want to write again.',
      ],
      [130429, 'The number sent more messages at a time than WhatsApp allows it.', LATER_ADVICE],
      [
        130472,
        'The person is part of an experiment of WhatsApp in which marketing is not delivered.',
        'Do not send it again: the result will be the same until the person writes to you.',
      ],
      [
        130497,
        'Your account may not write to people in this country.',
        "Check WhatsApp's rules for the country; a message to it cannot be delivered.",
      ],
      [131000, 'Something went wrong at WhatsApp, and it does not say what.', LATER_ADVICE],
      [131005, 'The access token may no longer send for this number.', TOKEN_ADVICE],
      [
        131008,
        'WhatsApp misses a field in the message.',
        'Read the details; when the field is one of yours, add it and send again, else report the message.',
      ],
      [
        131009,
        'A value in the message is not one that WhatsApp accepts.',
        'Read the details, which name the value; change it and send the message again.',
      ],
      [131016, "One of WhatsApp's services was not available for too long.", LATER_ADVICE],
      [131021, 'The message went from a number to itself.', 'Choose another recipient.'],
      [
        131026,
        'The person cannot receive it: no WhatsApp on this number, an old version, or its terms not accepted.',
        'Check the phone number, and reach the person in another way; do not repeat the message.',
      ],
      [
        131030,
        'The sending number is a test number, and the recipient is not on its list.',
        'Add the recipient to the list of the test number in the app dashboard, or send from a real number.',
      ],
      [
        131031,
        'WhatsApp has locked the account, for a breach of its policies or a wrong PIN.',
        'See the reason in the WhatsApp Manager; have the operator resume the number once the lock is lifted.',
      ],
      [131037, 'The display name of the number is not approved yet.', RECONNECT_ADVICE],
      [
        131042,
        'WhatsApp cannot bill the account: the payment method is missing, invalid or over its limit.',
        "Put the account's payment method in order in the WhatsApp Manager, then have the operator resume the number.",
      ],
      [
        131044,
        'The account has no payment method.',
        'Add a payment method in the WhatsApp Manager, then have the operator resume the number.',
      ],
      [131045, 'The number is not registered correctly with WhatsApp.', RECONNECT_ADVICE],
      [
        131047,
        'More than 24 hours have passed since the person last wrote or called, so only templates are delivered.',
        'Send an approved template instead, or wait until the person writes.',
      ],
      [
        131048,
        'WhatsApp restricts the number because too many of its messages were blocked or reported as spam.',
        'Check the quality of the number in the WhatsApp Manager, send less and only to people who asked for it.',
      ],
      [
        131049,
        'WhatsApp did not deliver it, because the person gets enough marketing at the moment.',
        'Wait at least 24 hours before you send marketing to this person again.',
      ],
      [
        131050,
        'The person has stopped marketing messages of your business.',
        'Send no marketing to this person any more; other templates and answers still arrive.',
      ],
      [
        131051,
        'This type of message is not supported.',
        'Use another type of message; for one that you received, ask the person to send it in another form.',
      ],
      [
        131052,
        'WhatsApp could not hand over the file that the person sent, or it is larger than 100 MB.',
        'Ask the person to send a smaller file, or to send it again.',
      ],
      [
        131053,
        'WhatsApp could not download or use the media file of the message.',
        'Check that the file opens and really is of its type, then send it again.',
      ],
      [131055, 'WhatsApp does not allow this kind of call for the number.', 'Report the message to the operator.'],
      [
        131056,
        'Too many messages went from this number to this person in a short time.',
        'Wait a few minutes, and put what you want to say into fewer messages.',
      ],
      [131057, 'The number was in maintenance at WhatsApp for too long.', LATER_ADVICE],
      [
        131060,
        'WhatsApp could not show this message to us.',
        'Read it on the phone of the business, or ask the person to send it again.',
      ],
      [
        131062,
        'A message of this kind cannot be sent to a person whose phone number is not known.',
        'Ask the person for the phone number and send to that.',
      ],
      [
        131063,
        'The account may not send marketing templates in this way.',
        'Send another kind of template, or have the operator see the settings of the account at WhatsApp.',
      ],
      [
        131064,
        'WhatsApp has limited the account, because templates were filed under a wrong category.',
        'Correct the categories of your templates; the limit ends by itself, then have the operator resume the number.',
      ],
      [132000, 'The message has more or fewer values than the template has placeholders.', SYNC_ADVICE],
      [
        132001,
        'There is no approved template of this name in this language.',
        'Check name and language, synchronise your templates, and wait for the approval if it is pending.',
      ],
      [
        132005,
        'With its values filled in, the text of the template is too long.',
        'Send it again with shorter values.',
      ],
      [
        132007,
        "The template or one of its values breaks WhatsApp's rules for content.",
        'Change it and send it again.',
      ],
      [132012, 'A value has another form than the template asks for.', SYNC_ADVICE],
      [
        132015,
        'WhatsApp has paused the template because of its low quality.',
        'Improve the template, or use another one until the pause is over.',
      ],
      [
        132016,
        'WhatsApp has disabled the template for good because of its low quality.',
        'Make a new template with other content.',
      ],
      [132018, 'The values given to the template are not valid.', SYNC_ADVICE],
      [132068, 'The flow in the message is blocked.', 'Correct the flow in the WhatsApp Manager.'],
      [132069, 'The flow in the message was used too often in the last hour.', 'Send it again in an hour.'],
      [133000, 'An earlier attempt to deregister the number was not finished.', RECONNECT_ADVICE],
      [133004, "WhatsApp's server was not available for too long.", LATER_ADVICE],
      [133005, 'The PIN given for the registration of the number is wrong.', REGISTRATION_ADVICE],
      [133006, 'The number has to be verified before it can be registered.', REGISTRATION_ADVICE],
      [133008, 'A wrong PIN was given too often for the number.', REGISTRATION_ADVICE],
      [133009, 'The PIN for the number was given too fast.', REGISTRATION_ADVICE],
      [133010, 'The sending number is not registered with WhatsApp.', RECONNECT_ADVICE],
      [133015, 'The number was deleted a moment ago and cannot be registered yet.', REGISTRATION_ADVICE],
      [133016, 'The number was registered and deregistered too often.', REGISTRATION_ADVICE],
      [
        134011,
        'The terms of WhatsApp Payments are not accepted yet.',
        'Accept the terms in the WhatsApp Manager and send the message again.',
      ],
      [134100, 'Only marketing templates can be sent in this way.', 'Send it as an ordinary template message.'],
      [134101, 'WhatsApp has not finished taking the template in.', 'Send it again in ten minutes.'],
      [
        134102,
        'The template cannot be used at the moment.',
        'Use another template, or see it in the WhatsApp Manager.',
      ],
      [135000, 'WhatsApp could not use the fields of the message.', 'Check its values and send it again.'],
      [139200, 'The account may not send without a template in this way.', 'Send an approved template instead.'],
      [2388019, 'The account has as many templates as it may have.', 'Delete templates that you do not use.'],
      [2494100, 'The number was in maintenance at WhatsApp for too long.', LATER_ADVICE],
    ] as const
  ).map(([code, meaning, advice]) => [code, { meaning, advice }]),
);

/** The codes that are explained one by one, ascending; the permissions (200 to 299) are not among them. */
export const EXPLAINED_CODES: readonly number[] = [...EXPLANATIONS.keys()].sort((a, b) => a - b);

/** What a code of WhatsApp means and what to do about it; for an unknown one, how to find out. */
export function explain(code: number): Explanation {
  const known = EXPLANATIONS.get(code);
  if (known) return known;
  return code >= PERMISSION_RANGE.first && code <= PERMISSION_RANGE.last ? PERMISSION : UNDOCUMENTED;
}
