/** The history cannot be opened; the message names the folder or file and says what to do. */
export class HistoryStoreError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'HistoryStoreError';
  }
}
