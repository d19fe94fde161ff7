// The last output of a terminal, as text. It must not know the editor.

/** More than this is not kept, in characters. */
const MOST_CHARACTERS = 16_384;

/** Keeps the end of what is written, without the codes that colour it. */
export class Output {
  private text = "";
  private commandLine = "";

  /** A command begins; what the one before it wrote is forgotten. */
  begin(commandLine: string): void {
    this.text = `$ ${commandLine}\n`;
    this.commandLine = `$ ${commandLine}`;
  }

  /** More of its output. */
  add(data: string): void {
    const text = this.text + data;
    // An escape sequence may come in two pieces, so it is taken out only when the text is read.
    this.text = text.length > 2 * MOST_CHARACTERS ? text.slice(-MOST_CHARACTERS) : text;
  }

  /** Whether a command was run and nothing came of it, as far as was listened to. */
  get isSilent(): boolean {
    return this.commandLine !== "" && this.read() === this.commandLine.trim();
  }

  /** What is kept; undefined before the first command. */
  read(): string | undefined {
    const plain = withoutEscapes(this.text).slice(-MOST_CHARACTERS).trim();
    return plain === "" ? undefined : plain;
  }
}

/** Text without ECMA-48 control sequences (CSI, OSC and two-character escapes) and without carriage returns. */
export function withoutEscapes(text: string): string {
  const sequences = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]|[\u0000-\u0008\u000b-\u001f]/g;
  return text.replaceAll("\r\n", "\n").replaceAll(sequences, "");
}
