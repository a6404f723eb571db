import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { validateDto } from './validate-dto.js';

const UNCHECKED: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object, Buffer]);

const isDtoClass = (metatype: ArgumentMetadata['metatype']): metatype is Type<object> =>
  typeof metatype === 'function' && !UNCHECKED.has(metatype);

/** The global pipe: checks every `@Body()` and `@Query()` whose type is a DTO class, see {@link validateDto}. */
@Injectable()
export class ApiValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom' || metadata.type === 'param' || !isDtoClass(metadata.metatype)) return value;
    return validateDto(metadata.metatype, value);
  }
}
