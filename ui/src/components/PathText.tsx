/** A path or a hash: monospace, the folder gives way before the name, the full text on hovering, and a copy button. */
import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkRegular, CopyRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { middle, splitPath, visible, withShortHash } from "./text";

const useStyles = makeStyles({
  line: { display: "inline-flex", minWidth: 0, maxWidth: "100%", fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, whiteSpace: "pre" },
  folder: { overflow: "clip", textOverflow: "ellipsis", flexShrink: 1, minWidth: 0, color: tokens.colorNeutralForeground3 },
  name: { flexShrink: 0, maxWidth: "100%", overflow: "clip", minWidth: 0, textOverflow: "ellipsis" },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: "anywhere" },
  pair: { display: "inline-flex", alignItems: "center", gap: "4px", minWidth: 0, maxWidth: "100%" },
  copy: { minWidth: "24px", width: "24px", height: "24px", padding: 0, flexShrink: 0 },
});

export function PathText({ path }: { path: string }) {
  const styles = useStyles();
  const shown = visible(path);
  const { folder, name } = splitPath(withShortHash(shown));
  return (
    <span className={styles.line} title={shown}>
      {folder !== "" && <span className={styles.folder}>{folder}</span>}
      <span className={styles.name}>{name}</span>
    </span>
  );
}

/** Text in full, to be read and copied. */
export function CodeText({ text, longest }: { text: string; longest?: number }) {
  const styles = useStyles();
  const shown = visible(text);
  return (
    <span className={styles.pair}>
      <span className={mergeClasses(styles.mono)} title={shown}>{longest === undefined ? shown : middle(shown, longest)}</span>
      <CopyButton text={text} what={shown} />
    </span>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const styles = useStyles();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void copyText(text).then((done) => {
      setCopied(done);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <Button
      className={styles.copy} size="small" appearance="subtle" icon={copied ? <CheckmarkRegular /> : <CopyRegular />}
      title={copied ? "Copied" : "Copy"} aria-label={`Copy ${middle(what, 60)}`} onClick={copy}
    />
  );
}

/** True when it is on the clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Some shells refuse the modern way: a hidden field and the old command.
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
