/** Why a query could not be answered. The message is a sentence for people, without secrets. */
export class SourceFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SourceFault';
  }
}
