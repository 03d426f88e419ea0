/** @file `unrolled lecture`. */

import { SingleBar } from "cli-progress";
import { saveFile } from "../io/save-file.ts";
import { ATTENTION } from "../lecture/attention.ts";
import type { Exhibit } from "../lecture/exhibit.ts";
import { RECURRENT } from "../lecture/recurrent.ts";
import { lecturePage, type Shown } from "../viz/lecture-page.ts";
import { expectOurs, isReport } from "./outputs.ts";
import type { Output } from "./progress.ts";

export interface Lecture {
  title: string;
  exhibits: readonly Exhibit[];
}

/** The parts of the lecture, by name. */
export const LECTURES: Readonly<Record<string, Lecture>> = {
  recurrent: { title: "Recurrent nets and memory", exhibits: RECURRENT },
  attention: { title: "Attention and transformers", exhibits: ATTENTION },
};

export interface LectureOptions {
  /** Whether what is trained is trained from five seeds. */
  full?: boolean;
  out: string;
  json?: boolean;
}

/**
 * Runs the exhibits in order, tells every number, and writes the page. Gives the exit code: 1 if a number is not as
 * expected.
 *
 * @throws Problem when the page cannot be written where it should be
 */
export function runLecture(
  part: string,
  { full = false, out, json = false }: LectureOptions,
  { title, exhibits }: Lecture = LECTURES[part]!,
  stream: Output & NodeJS.WriteStream = process.stdout,
): number {
  expectOurs("--out", out, isReport);
  const told = json ? asJson(stream) : asText(stream, exhibits.length);
  const shown = exhibits.map((exhibit, i): Shown => {
    told.begin(exhibit, i);
    const { verdicts, pictures } = exhibit.run({
      full,
      progress: (done) => told.progress(i + done),
    });
    const result = { ...exhibit, verdicts, pictures };
    told.end(result);
    return result;
  });
  const command = `unrolled lecture ${part}${full ? " --full" : ""}`;
  saveFile(out, Buffer.from(lecturePage({ title, exhibits: shown, command })));
  const verdicts = shown.flatMap((e) => e.verdicts);
  const failed = verdicts.filter(({ pass }) => !pass).length;
  told.conclude(verdicts.length - failed, failed, out);
  return failed === 0 ? 0 : 1;
}

/** How the run is told. */
interface Teller {
  begin(exhibit: Exhibit, i: number): void;
  /** In exhibits, from 0 to their number. */
  progress(done: number): void;
  end(result: Shown): void;
  conclude(passed: number, failed: number, out: string): void;
}

function asJson(out: Output): Teller {
  const line = (event: Record<string, unknown>): void =>
    void out.write(`${JSON.stringify(event)}\n`);
  return {
    begin: ({ id }) => line({ event: "begin", id }),
    progress: () => {},
    end: ({ id, title, verdicts }) => line({ event: "exhibit", id, title, verdicts }),
    conclude: (passed, failed, out) => line({ event: "end", passed, failed, out }),
  };
}

/** Verdicts as lines; on a terminal, a bar below them. */
function asText(out: Output & NodeJS.WriteStream, total: number): Teller {
  const [green, red, bold, plain] = out.isTTY ? ["\x1b[32m", "\x1b[31m", "\x1b[1m", "\x1b[0m"] : ["", "", "", ""]; // prettier-ignore
  let bar: SingleBar | undefined;
  return {
    begin({ title }, i) {
      if (!out.isTTY) return;
      // Nothing else runs while an exhibit does, so the bar draws itself on each update and leaves Ctrl-C alone.
      bar = new SingleBar({
        format: "{bar} {percentage} %  {title}",
        barCompleteChar: "━",
        barIncompleteChar: "─",
        barsize: 24,
        stream: out,
        gracefulExit: false,
        linewrap: true,
        synchronousUpdate: true,
        clearOnComplete: true,
      });
      bar.start(total, i, { title });
    },
    progress: (done) => bar?.update(done),
    end({ id, title, verdicts }) {
      bar?.stop();
      const lines = verdicts.map(
        ({ what, expected, measured, pass }) =>
          `  ${pass ? `${green}✓` : `${red}✗`}${plain} ${what}: ${measured} (expected ${expected})\n`,
      );
      out.write(`${bold}${id}  ${title}${plain}\n${lines.join("")}`);
    },
    conclude(passed, failed, path) {
      const sentence =
        failed === 0
          ? `all ${passed} numbers are as expected`
          : `${failed} of ${passed + failed} numbers are not as expected`;
      out.write(`${sentence}; the pictures are in ${path}\n`);
    },
  };
}
