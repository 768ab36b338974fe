/** This project's version, as package.json has it (a test compares): a bundle has no package.json to read. */
export const VERSION = '0.1.0'
