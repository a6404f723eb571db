import sharp from 'sharp';

const BOUNDARY = 'rasl-bench-boundary';

/** Headers of a form made by {@link mediaForm}. */
export const FORM_HEADERS = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

/** Distinct forms made so far, by this process. */
let forms = 0;

/**
 * A media form. With `distinct` its file differs each time it is asked for: a counter is written into bytes that no
 * check looks at, so no two uploads share their content, of this form or of others.
 */
export function mediaForm(
  fields: Record<string, string>,
  file: Buffer,
  name: string,
  type: string,
  distinct = true,
): () => Buffer {
  const head = Object.entries(fields)
    .map(([field, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`)
    .join('');
  const before = Buffer.from(
    `${head}--${BOUNDARY}\r\nContent-Disposition: form-data; name="media_file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
  );
  const after = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const place = before.length + file.length - 64;
  // Made anew each time: thousands of forms share one file in memory.
  return () => {
    const body = Buffer.concat([before, file, after]);
    if (distinct) body.writeUInt32BE(forms++, place);
    return body;
  };
}

/** A real JPEG, filled up behind its picture to `size` bytes. */
export async function jpegOf(size: number): Promise<Buffer> {
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#2a9d8f' } })
    .jpeg()
    .toBuffer();
  return Buffer.concat([picture, Buffer.alloc(size - picture.length, 7)]);
}
