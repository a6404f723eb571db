import { ApiProperty } from '@nestjs/swagger';
import { SentDto } from './sent.dto.js';

/** `data` of the answer to `POST /messages/media`. */
export class SentMediaDto extends SentDto {
  @ApiProperty({ type: String, example: 'image' })
  media_type: string;

  @ApiProperty({
    type: String,
    format: 'uri',
    example: 'https://api.example.com/media/4fK2mQp7XbT9sLw1Zc8YhR3v/photo.jpg',
    description: 'Where the file is re-hosted for WhatsApp.',
  })
  media_url: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Your order, Mona',
    description: 'With its merge fields filled in.',
  })
  caption: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'photo.jpg' })
  filename: string | null;
}
