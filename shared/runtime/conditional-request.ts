// What a caller says it has, and how it takes what it has not.

/** Whether If-None-Match names what would be answered: `*`, or a list of tags, weak or strong (RFC 9110, 13.1.2). */
export function isHad(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === '*' || tag === etag || tag === `W/${etag}`);
}

/** Whether Accept-Encoding names gzip and does not refuse it (RFC 9110, 12.5.3). */
export function takesGzip(acceptEncoding: string | undefined): boolean {
  const codings = (acceptEncoding ?? '').split(',').map((coding) => coding.toLowerCase().replaceAll(/\s/g, ''));
  return codings.some((coding) => /^(x-)?gzip(;q=(?!0(\.0*)?$).*)?$/.test(coding));
}
