import { ApiPropertyOptional } from '@nestjs/swagger';
import { SendTemplateDto } from './send-template.dto.js';

const file = (what: string, limit: string, example: string) => ({
  type: 'string' as const,
  format: 'binary',
  example,
  description: `The header's ${what}, at most ${limit}.`,
});

/** The form as the API reference shows it: the fields, and the header's file beside them. */
export class SendTemplateFormDto extends SendTemplateDto {
  @ApiPropertyOptional(file('picture', '5 MB', 'sale.jpg'))
  header_image_file?: unknown;

  @ApiPropertyOptional(file('video', '16 MB', 'tour.mp4'))
  header_video_file?: unknown;

  @ApiPropertyOptional(file('document', '100 MB', 'invoice.pdf'))
  header_document_file?: unknown;
}
