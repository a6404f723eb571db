import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { OptionalText } from './text-fields.js';
import { SendDto } from './send.dto.js';

/** Longest name or address of a place that is taken, in code points; WhatsApp documents none. */
const MAX_PLACE = 1000;

/** Degrees as a number, or as a form sends them: its text. */
function IsDegrees(limit: number): PropertyDecorator {
  const toNumber = Transform(({ value }: { value: unknown }): unknown =>
    typeof value === 'string' && /^-?\d{1,3}(\.\d{1,20})?$/.test(value) ? Number(value) : value,
  );
  const validate = ValidateBy({
    name: 'isDegrees',
    validator: {
      validate: (value: unknown) => typeof value === 'number' && Math.abs(value) <= limit,
      defaultMessage: (args) => `${args?.property ?? 'value'} must be a number from -${limit} to ${limit}`,
    },
  });
  return (target, property) => {
    toNumber(target, property);
    validate(target, property);
  };
}

/** Body of `POST /messages/location`. */
export class SendLocationDto extends SendDto {
  @ApiProperty({ type: Number, minimum: -90, maximum: 90, example: 30.0444, description: 'Degrees, north positive.' })
  @IsDegrees(90)
  latitude: number;

  @ApiProperty({ type: Number, minimum: -180, maximum: 180, example: 31.2357, description: 'Degrees, east positive.' })
  @IsDegrees(180)
  longitude: number;

  @OptionalText({ max: MAX_PLACE, example: 'Our shop', description: 'What the place is called.' })
  name?: string;

  @OptionalText({ max: MAX_PLACE, example: '6 Tahrir Square, Cairo' })
  address?: string;
}
