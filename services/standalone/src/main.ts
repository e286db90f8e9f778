// Said before the rest is loaded, which takes a second or two: a blank screen looks as if nothing happened.
if (process.stdout.isTTY && !process.argv.some((arg) => arg === '--version' || arg === '--help')) {
  process.stdout.write('Mandate starts ...\n');
}
await import('./run.js');
