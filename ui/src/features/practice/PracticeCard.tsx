/** Makes a practice range, and removes it in one step. */
import { Button, Card, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Spinner, makeStyles, tokens } from "@fluentui/react-components";
import { BeakerRegular } from "@fluentui/react-icons";
import { useMutation } from "@tanstack/react-query";
import type { PracticeState } from "../../api/bindings";
import { makePractice, removePractice, startInvestigation } from "../../api/mutations";
import { PathText } from "../../components/PathText";
import { PracticeBar } from "../../components/Practice";
import { plural } from "../../components/text";

const useStyles = makeStyles({
  line: { display: "flex", flexWrap: "wrap", gap: "8px", alignItems: "center" },
  text: { margin: 0, color: tokens.colorNeutralForeground2 },
  big: { minHeight: "44px" },
});

const words = {
  start: "Try it in a practice range",
  hint: "A folder with harmless planted files and a few sleeping programs is made, checked, and shown as a device of its own. You can walk the whole way in a minute. It can never reach a real device.",
  check: "Check the practice range",
  remove: "Remove the practice range",
  removed: "Its folder goes, its programs are ended, and its incidents and actions leave every list. Nothing else is touched.",
};

export function PracticeCard({ practice, busy }: { practice: PracticeState | null; busy: boolean }) {
  const s = useStyles();
  const check = useMutation(startInvestigation);
  const make = useMutation({
    ...makePractice,
    onSuccess: (device) => check.mutate({ device: device.id, paths: [], full: true, comment: "Practice." }),
  });
  const remove = useMutation(removePractice);
  const working = make.isPending || check.isPending || remove.isPending || busy;
  return (
    <Card data-testid="practice">
      <PracticeBar />
      {practice === null ? (
        <>
          <p className={s.text}>{words.hint}</p>
          <div><Button className={s.big} icon={make.isPending ? <Spinner size="tiny" /> : <BeakerRegular />} disabled={working} onClick={() => make.mutate()} data-testid="practice-start">{words.start}</Button></div>
        </>
      ) : (
        <>
          <p className={s.text} data-testid="practice-state"><PathText path={practice.folder} /> {plural(practice.processes, "sleeping program")}.</p>
          <div className={s.line}>
            <Button className={s.big} disabled={working} onClick={() => check.mutate({ device: practice.device_id, paths: [], full: true, comment: "Practice." })} data-testid="practice-check">{words.check}</Button>
            <Dialog modalType="alert">
              <DialogTrigger disableButtonEnhancement><Button className={s.big} disabled={make.isPending || remove.isPending} data-testid="practice-remove">{words.remove}</Button></DialogTrigger>
              <DialogSurface>
                <DialogBody>
                  <DialogTitle>{words.remove}</DialogTitle>
                  <DialogContent>{words.removed}</DialogContent>
                  <DialogActions>
                    <DialogTrigger disableButtonEnhancement><Button appearance="primary" onClick={() => remove.mutate()} data-testid="practice-remove-confirm">{words.remove}</Button></DialogTrigger>
                    <DialogTrigger disableButtonEnhancement><Button>Keep it</Button></DialogTrigger>
                  </DialogActions>
                </DialogBody>
              </DialogSurface>
            </Dialog>
          </div>
        </>
      )}
    </Card>
  );
}
