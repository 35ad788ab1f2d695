/** Five different things have five different shapes, so that nobody mixes them up. */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { Look, Tone } from "../look";

/** filled: severity; outlined: verdict; dot: action status; tag: remediation status; ring: investigation state. */
export type Shape = "filled" | "outlined" | "dot" | "tag" | "ring";

const useStyles = makeStyles({
  base: { display: "inline-flex", justifySelf: "start", alignItems: "center", gap: "4px", maxWidth: "100%", whiteSpace: "nowrap", fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
  // Clipped, not hidden: a hidden overflow would hide its own text from those who ask for what is shown.
  label: { overflow: "clip", minWidth: 0, textOverflow: "ellipsis" },
  icon: { fontSize: "14px", flexShrink: 0 },
  filled: { padding: "1px 8px", borderRadius: tokens.borderRadiusSmall, fontWeight: tokens.fontWeightSemibold },
  outlined: { padding: "0 8px", borderRadius: tokens.borderRadiusCircular, border: "1px solid currentColor", fontWeight: tokens.fontWeightSemibold },
  tag: { padding: "1px 8px 1px 6px", borderRadius: "2px 10px 10px 2px" },
  mark: { width: "8px", height: "8px", borderRadius: "50%", flexShrink: 0, backgroundColor: "currentColor" },
  ring: { width: "8px", height: "8px", borderRadius: "50%", flexShrink: 0, border: "2px solid currentColor", boxSizing: "content-box", marginLeft: "-2px" },
  text: { color: tokens.colorNeutralForeground1 },
});

const useInk = makeStyles({
  danger: { color: tokens.colorStatusDangerForeground1 },
  warning: { color: tokens.colorStatusWarningForeground3 },
  success: { color: tokens.colorStatusSuccessForeground1 },
  attention: { color: tokens.colorBrandForeground1 },
  neutral: { color: tokens.colorNeutralForeground2 },
});

/** A dot without a meaning of its own is grey, not black. */
const useQuiet = makeStyles({ neutral: { color: tokens.colorNeutralForeground4 } });

const useGround = makeStyles({
  danger: { backgroundColor: tokens.colorStatusDangerBackground2, color: tokens.colorStatusDangerForeground2 },
  warning: { backgroundColor: tokens.colorStatusWarningBackground2, color: tokens.colorStatusWarningForeground2 },
  success: { backgroundColor: tokens.colorStatusSuccessBackground2, color: tokens.colorStatusSuccessForeground2 },
  attention: { backgroundColor: tokens.colorBrandBackground2, color: tokens.colorBrandForeground2 },
  neutral: { backgroundColor: tokens.colorNeutralBackground4, color: tokens.colorNeutralForeground2 },
});

export function Pill({ look, shape, testid }: { look: Look; shape: Shape; testid?: string }) {
  const styles = useStyles();
  const ink = useInk();
  const ground = useGround();
  const quiet = useQuiet();
  const tone: Tone = look.tone;
  const Icon = look.icon;
  const bare = shape === "dot" || shape === "ring";
  const form = { filled: styles.filled, outlined: styles.outlined, tag: styles.tag, dot: undefined, ring: undefined }[shape];
  const colour = shape === "filled" || shape === "tag" ? ground[tone] : bare && tone === "neutral" ? quiet.neutral : ink[tone];
  return (
    <span className={mergeClasses(styles.base, colour, form)} title={look.explanation} data-testid={testid}>
      {bare ? <span className={shape === "dot" ? styles.mark : styles.ring} aria-hidden /> : <Icon className={styles.icon} />}
      <span className={mergeClasses(styles.label, bare && styles.text)}>{look.label}</span>
    </span>
  );
}
