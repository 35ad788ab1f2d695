/** The obstacles of an undo, each with the ways past it. */
import { Field, Input, Radio, RadioGroup, makeStyles, tokens } from "@fluentui/react-components";
import { Failure } from "../../components/states";
import { localTimes } from "../../components/time";
import { visible } from "../../components/text";
import type { Answers, Note, Question } from "./undo";
import { answerWords, needsFolder } from "./undo";

const useStyles = makeStyles({
  list: { display: "flex", flexDirection: "column", gap: "16px" },
  folder: { paddingLeft: "36px" },
  texts: { display: "flex", flexDirection: "column", fontWeight: tokens.fontWeightRegular },
});

const MOST_NAMED = 5;

interface Props {
  questions: readonly Question[];
  notes: readonly Note[];
  answers: Answers;
  folder: string;
  onAnswer: (next: Answers) => void;
  onFolder: (next: string) => void;
}

export function Questions({ questions, notes, answers, folder, onAnswer, onFolder }: Props) {
  const s = useStyles();
  return (
    <div className={s.list}>
      {notes.map((note) => (
        <Failure key={`${note.code}-${note.text}`} title={note.blocking ? "In the way." : "To know."} refusal={!note.blocking} fault={{ message: visible(note.text), hint: "" }} testid={`undo-note-${note.code}`} />
      ))}
      {questions.map((q) => (
        <div key={q.code}>
          <Field label={<Texts texts={q.texts} />} data-testid={`undo-question-${q.code}`}>
            <RadioGroup value={answers[q.code] ?? ""} onChange={(_, data) => {
              const answer = q.answers.find((each) => each.choice === data.value);
              if (answer !== undefined) onAnswer({ ...answers, [q.code]: answer.choice });
            }}>
              {q.answers.map((answer) => {
                const { label, text } = answerWords(answer);
                return <Radio key={answer.choice} value={answer.choice} label={`${visible(label)}. ${visible(text)}`} data-testid={`choice-${q.code}-${answer.choice}`} />;
              })}
            </RadioGroup>
          </Field>
          {needsFolder([q], answers) && (
            <Field label="Folder" required className={s.folder}><Input value={folder} placeholder="/home/me/restored" onChange={(_, data) => onFolder(data.value)} data-testid="undo-folder" /></Field>
          )}
        </div>
      ))}
    </div>
  );
}

function Texts({ texts }: { texts: readonly string[] }) {
  const s = useStyles();
  return (
    <span className={s.texts}>
      {texts.slice(0, MOST_NAMED).map((text) => <span key={text}>{localTimes(visible(text))}</span>)}
      {texts.length > MOST_NAMED && <span>And {texts.length - MOST_NAMED} more.</span>}
    </span>
  );
}
