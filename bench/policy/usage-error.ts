/** A fault of the flags or of a file: told without a stack, exit code 2. */
export class UsageError extends Error {}

/** Runs a command; a usage error ends it with code 2. */
export async function withUsageErrors(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
