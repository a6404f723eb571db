/** Why a media_url cannot be used, as a sentence for the caller. It names no address of our network. */
export class MediaUrlRefusedError extends Error {}
