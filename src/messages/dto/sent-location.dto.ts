import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/location`. */
export class SentLocationDto extends SentDto {
  @ApiProperty({ type: Number, example: 30.0444 })
  latitude: number;

  @ApiProperty({ type: Number, example: 31.2357 })
  longitude: number;

  @ApiProperty({ type: String, nullable: true, example: 'Our shop' })
  name: string | null;

  @ApiProperty({ type: String, nullable: true, example: '6 Tahrir Square, Cairo' })
  address: string | null;
}
