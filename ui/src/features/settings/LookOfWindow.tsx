/** Light, dark, or as the system. */
import { Field, Radio, RadioGroup } from "@fluentui/react-components";
import { usePreferences } from "../../api/usePreferences";
import { themeLabels } from "../../domain/settings";
import { keysOf, oneOf } from "../../url";

export function LookOfWindow() {
  const { liked, like } = usePreferences();
  return (
    <Field label="Theme">
      <RadioGroup value={liked.theme} onChange={(_, data) => like({ theme: oneOf(keysOf(themeLabels), data.value) ?? liked.theme })}>
        {keysOf(themeLabels).map((id) => <Radio key={id} value={id} label={themeLabels[id]} data-testid={`theme-${id}`} />)}
      </RadioGroup>
    </Field>
  );
}
