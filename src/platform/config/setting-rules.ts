import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsInt, IsUrl, Max, Min } from 'class-validator';

/** A setting that is a whole number, from `least` to `most`, both included. */
export const WholeNumber = (least: number, most: number): PropertyDecorator =>
  applyDecorators(
    Max(most),
    Min(least),
    IsInt(),
    Type(() => Number),
  );

/** A setting that is `true` or `false`, spelled so. */
export const Switch = (): PropertyDecorator =>
  applyDecorators(
    IsBoolean(),
    Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)),
  );

/** A setting that is an http:// or https:// address; names without a dot are taken, too (a service of compose). */
export const HttpUrl = (): PropertyDecorator =>
  IsUrl({ protocols: ['http', 'https'], require_tld: false, require_protocol: true });
