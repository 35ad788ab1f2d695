/** The frame around every screen: where one is, how many wait, theme and keys. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Tooltip, makeStyles, tokens } from "@fluentui/react-components";
import {
  AlertRegular, AlertUrgentRegular, BranchRegular, DesktopRegular, HomeRegular, SearchRegular, SettingsRegular, ShieldTaskRegular, WeatherMoonRegular, WeatherSunnyRegular,
} from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import { home } from "../api/queries";
import { usePreferences } from "../api/usePreferences";
import type { NavItem } from "../components/Frame";
import { Frame } from "../components/Frame";
import { useKeyPairs, useKeys } from "../components/keys";
import { dark, useTheme } from "./theme";

const places = [
  { id: "home", label: "Home", icon: HomeRegular, to: "/" },
  { id: "incidents", label: "Incidents", icon: AlertRegular, to: "/incidents" },
  { id: "alerts", label: "Alerts", icon: AlertUrgentRegular, to: "/alerts" },
  { id: "action-center", label: "Action center", icon: ShieldTaskRegular, to: "/actions/pending", under: "/actions" },
  { id: "investigations", label: "Investigations", icon: BranchRegular, to: "/investigations" },
  { id: "devices", label: "Devices", icon: DesktopRegular, to: "/devices" },
  { id: "hunt", label: "Hunt", icon: SearchRegular, to: "/hunt" },
  { id: "settings", label: "Settings", icon: SettingsRegular, to: "/settings" },
] as const;

const keys: readonly (readonly [string, string])[] = [
  ["j k or ↓ ↑", "Next, previous row"], ["Enter", "Open the row"], ["Space", "Select the row"], ["Shift + ↓ ↑", "Extend the selection"],
  ["a", "Approve"], ["r", "Reject"], ["u", "Undo"], ["c", "Write a comment"], ["h", "Go hunt"], ["i", "Open the investigation page"],
  ["/", "Search in the list"], ["Esc", "Close what is open"],
  ["g then p", "Pending"], ["g then h", "History"], ["g then i", "Incidents"], ["g then d", "Devices"], ["g then s", "Settings"], ["?", "These keys"],
];

const useStyles = makeStyles({
  keys: { display: "grid", gridTemplateColumns: "max-content 1fr", gap: "6px 24px" },
  key: { fontFamily: tokens.fontFamilyMonospace },
});

export function Shell() {
  const s = useStyles();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const navigate = useNavigate();
  const { data: now } = useQuery(home);
  const [shown, setShown] = useState(false);
  const items: NavItem[] = places.map((place) => {
    const under = "under" in place ? place.under : place.to;
    const current = under === "/" ? path === "/" : path.startsWith(under);
    return { id: place.id, label: place.label, icon: place.icon, href: `#${place.to}`, current, count: place.id === "action-center" ? now?.pending : undefined };
  });
  useKeys({ "?": () => setShown(true) });
  useKeyPairs("g", {
    p: () => void navigate({ to: "/actions/$tab", params: { tab: "pending" } }),
    h: () => void navigate({ to: "/actions/$tab", params: { tab: "history" } }),
    i: () => void navigate({ to: "/incidents" }),
    d: () => void navigate({ to: "/devices" }),
    s: () => void navigate({ to: "/settings" }),
  });
  return (
    <Frame items={items} title={items.find((item) => item.current)?.label ?? "Assize"} person={now?.person} tools={<ThemeSwitch />} onKeys={() => setShown(true)}>
      <Outlet />
      <Dialog open={shown} onOpenChange={(_, data) => setShown(data.open)}>
        <DialogSurface data-testid="keys">
          <DialogBody>
            <DialogTitle>Keys</DialogTitle>
            <DialogContent>
              <div className={s.keys}>{keys.map(([key, does]) => <Fragment key={key}><span className={s.key}>{key}</span><span>{does}</span></Fragment>)}</div>
              <p>No key decides unless a flyout is open or rows are selected.</p>
            </DialogContent>
            <DialogActions><Button onClick={() => setShown(false)}>Close</Button></DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </Frame>
  );
}

function ThemeSwitch() {
  const { liked, like } = usePreferences();
  const isDark = useTheme(liked.theme) === dark;
  return (
    <Tooltip content={isDark ? "Light" : "Dark"} relationship="label">
      <Button appearance="subtle" icon={isDark ? <WeatherSunnyRegular /> : <WeatherMoonRegular />} data-testid="switch-theme" onClick={() => like({ theme: isDark ? "light" : "dark" })} />
    </Tooltip>
  );
}
