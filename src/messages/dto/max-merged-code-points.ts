import { ValidateBy } from 'class-validator';
import { codePoints } from '../../platform/http/validation/code-points.js';
import { hasMergeFields, MAX_UNMERGED_TEXT } from '../outbound/merge-fields.js';

/**
 * The text has at most `limit` code points, or holds merge fields and has at most {@link MAX_UNMERGED_TEXT}: then the
 * limit holds for what it becomes, which is known only once the contact is (see judge).
 */
export const MaxMergedCodePoints = (limit: number): PropertyDecorator =>
  ValidateBy({
    name: 'maxMergedCodePoints',
    constraints: [limit],
    validator: {
      validate: (value: unknown) => {
        if (typeof value !== 'string') return false;
        const length = codePoints(value);
        return length <= limit || (length <= MAX_UNMERGED_TEXT && hasMergeFields(value));
      },
      defaultMessage: (args) => `${args?.property ?? 'value'} must not be longer than ${limit} characters`,
    },
  });
